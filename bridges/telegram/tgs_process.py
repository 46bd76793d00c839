"""A process of its own that makes an animated sticker (TGS, standard input) a WebP (the output).

The library behind it is written in C++ and reads what strangers made: if it crashes or does not
come to an end, only this process does. It imports nothing of the bridge, to start quickly.
"""

import resource
import sys
import zlib
from io import BytesIO

from PIL import Image
from rlottie_python.rlottie_wrapper import LottieAnimation

LARGEST = 4_000_000  # bytes, unpacked; Telegram takes 64 kB packed
SIDE = 256  # pixels
MOST_FRAMES = 90
FASTEST = 30  # frames a second
SECONDS = 20  # of the processor
MEMORY = 1 << 30  # bytes
GZIP = 16 + zlib.MAX_WBITS


def moving(packed: bytes) -> bytes:
    """The picture; raises whatever odd bytes make it raise."""
    unpacked = zlib.decompressobj(GZIP).decompress(packed, LARGEST)
    animation = LottieAnimation.from_data(unpacked.decode())
    count, rate = _count(animation), animation.lottie_animation_get_framerate() or FASTEST
    step = max(1, round(rate / FASTEST), -(-count // MOST_FRAMES))
    frames = [_frame(animation, number) for number in range(0, count, step)]
    made = BytesIO()
    frames[0].save(
        made,
        "WEBP",
        save_all=True,
        append_images=frames[1:],
        duration=max(1, round(1000 * step / rate)),
        loop=0,
        quality=75,
        method=1,
    )
    return made.getvalue()


def _count(animation: LottieAnimation) -> int:
    found: int = animation.lottie_animation_get_totalframe() if animation.animation_p else 0
    if found == 0:
        raise ValueError("it shows nothing")
    return found


def _frame(animation: LottieAnimation, number: int) -> Image.Image:
    drawn = animation.lottie_animation_render(number, width=SIDE, height=SIDE)
    return Image.frombytes("RGBA", (SIDE, SIDE), drawn, "raw", "BGRA")


def main() -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    sys.stdout.buffer.write(moving(sys.stdin.buffer.read(LARGEST)))


if __name__ == "__main__":
    main()
