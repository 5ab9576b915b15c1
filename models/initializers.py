"""How a layer's weights begin: torch.nn.init by its own names.

Kaiming and Xavier keep the size of signals steady through depth, each for its own activations;
Zeros and Constant show what goes wrong when all units begin alike.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal, Self

from pydantic import Field, model_validator

from models.kinds import Kind, union
from models.lazy import nn, torch

Bias = Field(None, ge=-1e6, le=1e6, title="Bias", description="Start of every bias; torch's own when absent")
Gain = Field(1.0, gt=0, le=1000, title="Gain", description="Multiplies the width of the distribution")
Nonlinearity = Literal["linear", "sigmoid", "tanh", "relu", "leaky_relu"]


class Initializer(Kind):
    """Base of all initialisers."""

    family: ClassVar[str] = "initializer"
    least_dimensions: ClassVar[int] = 1
    """Of the weights it can fill: those that look at fan-in and fan-out need a matrix."""

    type: str
    bias: float | None = Bias

    def fill(self, weight: torch.Tensor, generator: torch.Generator) -> None:
        """Write the first values into one weight tensor, in place."""
        raise NotImplementedError

    def apply(self, module: nn.Module, generator: torch.Generator) -> None:
        """Begin a module's weights this way. Random numbers come from `generator` alone."""
        with torch.no_grad():
            for name, parameter in module.named_parameters():
                if "bias" in name:
                    if self.bias is not None:
                        parameter.fill_(self.bias)
                elif parameter.dim() >= self.least_dimensions:
                    self.fill(parameter, generator)


class XavierUniform(Initializer):
    """Uniform, as wide as keeps signals and gradients steady through tanh and sigmoid layers.

    U(-a, a) with a = gain * sqrt(6 / (fan_in + fan_out)). Glorot and Bengio 2010.
    """

    title: ClassVar[str] = "Xavier uniform"
    least_dimensions: ClassVar[int] = 2
    type: Literal["XavierUniform"] = "XavierUniform"
    gain: float = Gain

    def fill(self, weight: torch.Tensor, generator: torch.Generator) -> None:
        """See the class."""
        nn.init.xavier_uniform_(weight, gain=self.gain, generator=generator)


class XavierNormal(Initializer):
    """Normal, as wide as keeps signals and gradients steady through tanh and sigmoid layers.

    N(0, gain² * 2 / (fan_in + fan_out)). Glorot and Bengio 2010.
    """

    title: ClassVar[str] = "Xavier normal"
    least_dimensions: ClassVar[int] = 2
    type: Literal["XavierNormal"] = "XavierNormal"
    gain: float = Gain

    def fill(self, weight: torch.Tensor, generator: torch.Generator) -> None:
        """See the class."""
        nn.init.xavier_normal_(weight, gain=self.gain, generator=generator)


class _Kaiming(Initializer):
    least_dimensions: ClassVar[int] = 2
    a: float = Field(
        0.0,
        ge=0,
        le=1000,
        title="Negative slope",
        description="Of the leaky ReLU that follows",
        json_schema_extra={"advanced": True},
    )
    mode: Literal["fan_in", "fan_out"] = Field(
        "fan_in",
        title="Keep steady",
        description="fan_in: signals on their way forward; fan_out: gradients on their way back",
    )
    nonlinearity: Nonlinearity = Field("relu", title="Activation that follows")


class KaimingUniform(_Kaiming):
    """Uniform, as wide as keeps signals steady through ReLU layers.

    U(-b, b) with b = gain * sqrt(3 / fan). He et al. 2015.
    """

    title: ClassVar[str] = "Kaiming uniform"
    type: Literal["KaimingUniform"] = "KaimingUniform"

    def fill(self, weight: torch.Tensor, generator: torch.Generator) -> None:
        """See the class."""
        nn.init.kaiming_uniform_(weight, self.a, self.mode, self.nonlinearity, generator=generator)


class KaimingNormal(_Kaiming):
    """Normal, as wide as keeps signals steady through ReLU layers.

    N(0, gain² / fan). He et al. 2015.
    """

    title: ClassVar[str] = "Kaiming normal"
    type: Literal["KaimingNormal"] = "KaimingNormal"

    def fill(self, weight: torch.Tensor, generator: torch.Generator) -> None:
        """See the class."""
        nn.init.kaiming_normal_(weight, self.a, self.mode, self.nonlinearity, generator=generator)


class Normal(Initializer):
    """Drawn from a bell curve with this mean and standard deviation."""

    type: Literal["Normal"] = "Normal"
    mean: float = Field(0.0, ge=-1e6, le=1e6, title="Mean")
    std: float = Field(0.01, ge=0, le=1e6, title="Standard deviation")

    def fill(self, weight: torch.Tensor, generator: torch.Generator) -> None:
        """See the class."""
        nn.init.normal_(weight, self.mean, self.std, generator=generator)


class Uniform(Initializer):
    """Drawn evenly from between two bounds."""

    type: Literal["Uniform"] = "Uniform"
    a: float = Field(-0.1, ge=-1e6, le=1e6, title="Lower bound")
    b: float = Field(0.1, ge=-1e6, le=1e6, title="Upper bound")

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.a > self.b:
            raise ValueError(
                f"the lower bound a = {self.a:g} must not be above the upper bound b = {self.b:g}"
            )
        return self

    def fill(self, weight: torch.Tensor, generator: torch.Generator) -> None:
        """See the class."""
        nn.init.uniform_(weight, self.a, self.b, generator=generator)


class Zeros(Initializer):
    """All weights zero. Units that begin alike stay alike: a hidden layer cannot learn from here."""

    type: Literal["Zeros"] = "Zeros"

    def fill(self, weight: torch.Tensor, generator: torch.Generator) -> None:
        """See the class."""
        nn.init.zeros_(weight)


class Constant(Initializer):
    """All weights the same number. Units that begin alike stay alike."""

    type: Literal["Constant"] = "Constant"
    val: float = Field(0.01, ge=-1e6, le=1e6, title="Value")

    def fill(self, weight: torch.Tensor, generator: torch.Generator) -> None:
        """See the class."""
        nn.init.constant_(weight, self.val)


class Orthogonal(Initializer):
    """A random rotation: the signal's length is kept exactly. Saxe et al. 2013."""

    least_dimensions: ClassVar[int] = 2
    type: Literal["Orthogonal"] = "Orthogonal"
    gain: float = Gain

    def fill(self, weight: torch.Tensor, generator: torch.Generator) -> None:
        """See the class."""
        nn.init.orthogonal_(weight, self.gain, generator=generator)


if TYPE_CHECKING:
    AnyInitializer = Initializer
else:
    AnyInitializer = union(Initializer)
