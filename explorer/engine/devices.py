"""Where torch computes: chosen out loud, and can be overruled."""

from __future__ import annotations

from explorer.errors import DataError


def pick(device: str | None = None) -> tuple[str, str]:
    """Choose a device: the one asked for, else cuda, else mps, else cpu.

    Parameters
    ----------
    device
        "cuda", "cuda:1", "mps", "cpu", or `None` / "auto" to choose.

    Returns
    -------
    (device, name)
        What torch takes ("cuda:0"), and what people read ("cuda:0 NVIDIA H100").

    Raises
    ------
    DataError
        The device asked for is not there.
    """
    import torch

    wanted = "auto" if device is None else str(device).lower()
    if wanted == "auto":
        wanted = "cuda" if torch.cuda.is_available() else "mps" if torch.backends.mps.is_available() else "cpu"
    try:
        parsed = torch.device(wanted)
    except RuntimeError as error:
        raise DataError(f"There is no device {device!r}.", 'Give "cuda", "cuda:1", "mps" or "cpu".') from error
    if parsed.type == "cuda":
        count = torch.cuda.device_count() if torch.cuda.is_available() else 0
        index = parsed.index or 0
        if index >= count:
            raise DataError(
                f"The device {wanted!r} was asked for, but torch sees {count} CUDA devices.",
                'Leave device= out, or give device="cpu"; for a GPU, install a CUDA build of torch.',
            )
        return f"cuda:{index}", f"cuda:{index} {torch.cuda.get_device_name(index)}"
    if parsed.type == "mps":
        if not torch.backends.mps.is_available():
            raise DataError("The device 'mps' was asked for, but it is not available here.", "Leave device= out.")
        return "mps", "mps (Apple GPU)"
    if parsed.type == "cpu":
        threads = torch.get_num_threads()
        return "cpu", f"cpu ({threads} thread{'' if threads == 1 else 's'})"
    raise DataError(f"Devices of type {parsed.type!r} are not supported.", 'Give "cuda", "mps" or "cpu".')


def precision(device: str) -> str:
    """Return the precision that large models run in there: "bfloat16" or "float16" on a GPU, "float32" elsewhere."""
    import torch

    if device.startswith("cuda"):
        return "bfloat16" if torch.cuda.is_bf16_supported(including_emulation=False) else "float16"
    return "float16" if device == "mps" else "float32"


def ran_out_of_memory(error: BaseException) -> bool:
    """Say whether an error of torch means that the batch did not fit (MPS and the CPU allocator raise plain errors)."""
    import torch

    if isinstance(error, torch.cuda.OutOfMemoryError | MemoryError):
        return True
    text = str(error).lower()
    return isinstance(error, RuntimeError) and ("out of memory" in text or "can't allocate memory" in text)


def free(device: str) -> None:
    """Give cached memory back to the device before a smaller batch is tried."""
    import torch

    if device.startswith("cuda"):
        torch.cuda.empty_cache()
    elif device == "mps":
        torch.mps.empty_cache()
