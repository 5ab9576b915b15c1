"""MNIST."""

from typing import ClassVar, Literal

from models.data.downloads import Download, Idx28

PLACE = "https://ossci-datasets.s3.amazonaws.com/mnist"


class Mnist(Idx28):
    """MNIST: 70,000 handwritten digits, 28 by 28 in grey (LeCun, Cortes, Burges, 1998). 11 MB to download."""

    title: ClassVar[str] = "MNIST"
    names: ClassVar[tuple[str, ...]] = tuple("0123456789")
    files: ClassVar[tuple[Download, ...]] = (
        Download(
            f"{PLACE}/train-images-idx3-ubyte.gz",
            "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
        ),
        Download(
            f"{PLACE}/train-labels-idx1-ubyte.gz",
            "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
        ),
        Download(
            f"{PLACE}/t10k-images-idx3-ubyte.gz",
            "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
        ),
        Download(
            f"{PLACE}/t10k-labels-idx1-ubyte.gz",
            "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
        ),
    )

    type: Literal["mnist"] = "mnist"
