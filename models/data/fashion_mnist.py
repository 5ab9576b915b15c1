"""Fashion-MNIST."""

from typing import ClassVar, Literal

from models.data.downloads import Download, Idx28

PLACE = "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com"


class FashionMnist(Idx28):
    """Fashion-MNIST: 70,000 pieces of clothing, 28 by 28 in grey (Zalando, 2017). 30 MB to download."""

    title: ClassVar[str] = "Fashion-MNIST"
    names: ClassVar[tuple[str, ...]] = (
        "T-shirt/top",
        "Trouser",
        "Pullover",
        "Dress",
        "Coat",
        "Sandal",
        "Shirt",
        "Sneaker",
        "Bag",
        "Ankle boot",
    )
    files: ClassVar[tuple[Download, ...]] = (
        Download(
            f"{PLACE}/train-images-idx3-ubyte.gz",
            "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
        ),
        Download(
            f"{PLACE}/train-labels-idx1-ubyte.gz",
            "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
        ),
        Download(
            f"{PLACE}/t10k-images-idx3-ubyte.gz",
            "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
        ),
        Download(
            f"{PLACE}/t10k-labels-idx1-ubyte.gz",
            "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
        ),
    )

    type: Literal["fashion_mnist"] = "fashion_mnist"
