"""The film of a run: its snapshots from the first to the last, with their steps, MP4 and GIF.

One frame is in memory at a time: it is drawn and handed to ffmpeg, which `imageio[ffmpeg]` brings.
The GIF is made from the MP4, at half the width or less.
"""

import io
import os
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Sequence

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from catdcgan.console.progress import track
from catdcgan.run_folder.snapshots import Snapshot, thin
from catdcgan.storage import files

NAMES = ("film.mp4", "film.gif")
MOST_FRAMES = 300
FRAMES_A_SECOND = 10
WIDEST = 768  # pixels
WIDEST_GIF = 384  # pixels
MOST_GIF_FRAMES = 100
LAST_FRAME_SECONDS = 2  # that the last picture stays
STRIP = 24  # pixels high, below the picture, for the step


class FilmStoppedError(Exception):
    """The film was not finished, because `go_on` said no."""


def make_film(
    snapshots: Sequence[Snapshot], run_dir: str, go_on: Callable[[], bool] = lambda: True
) -> list[str]:
    """Make both films of the snapshots in the run's folder; return their paths.

    Args:
        go_on: is asked before each frame; where it says no, the films so far stay as they are.

    Raises:
        FilmStoppedError: `go_on` said no.
        OSError: a file cannot be read or written, or ffmpeg fails.
    """
    chosen = thin(list(snapshots), MOST_FRAMES)
    with tempfile.TemporaryDirectory(prefix="catdcgan-film-") as folder:
        mp4, gif = (os.path.join(folder, name) for name in NAMES)
        _encode_mp4(chosen, mp4, go_on)
        _encode_gif(mp4, gif, len(chosen), go_on)
        paths = []
        for source in (mp4, gif):
            path = files.join(run_dir, os.path.basename(source))
            files.write_atomically(path, files.read_needed(source), durable=False)
            paths.append(path)
    return paths


def draw_frames(snapshots: Sequence[Snapshot]) -> Iterator[np.ndarray]:
    """Yield a frame a snapshot, uint8 `[H, W, 3]`, all of the size of the last one, both even."""
    with Image.open(io.BytesIO(files.read_needed(snapshots[-1].path))) as last:
        scale = min(1.0, WIDEST / last.width)
        # Even: H.264 stores colour at half the resolution.
        width, height = (max(round(side * scale / 2), 1) * 2 for side in last.size)
    digits = len(f"{snapshots[-1].step:,}")
    font = ImageFont.load_default(STRIP * 0.7)
    for snapshot in snapshots:
        frame = Image.new("RGB", (width, height + STRIP))
        with Image.open(io.BytesIO(files.read_needed(snapshot.path))) as picture:
            picture.draft("RGB", (width, height))  # decodes at a fraction where that is enough
            # Of another shape where --snapshot_grid was changed on the way.
            factor = min(width / picture.width, height / picture.height)
            size = [max(round(side * factor), 1) for side in picture.size]
            fitted = picture.convert("RGB").resize(size, Image.Resampling.LANCZOS)
        frame.paste(fitted, ((width - fitted.width) // 2, (height - fitted.height) // 2))
        text = f"step {snapshot.step:>{digits},}"
        ImageDraw.Draw(frame).text((6, height + 2), text, fill="white", font=font)
        yield np.asarray(frame)


def _encode_mp4(snapshots: Sequence[Snapshot], path: str, go_on: Callable[[], bool]) -> None:
    import imageio_ffmpeg  # here, because finding ffmpeg takes time

    frames = draw_frames(snapshots)
    first = next(frames)
    height, width, _ = first.shape
    writer = imageio_ffmpeg.write_frames(
        path,
        (width, height),
        fps=FRAMES_A_SECOND,
        codec="libx264",
        macro_block_size=2,
        output_params=["-movflags", "+faststart"],  # plays while it is still being loaded
        ffmpeg_log_level="error",
    )
    writer.send(None)
    try:
        frame = first
        writer.send(np.ascontiguousarray(first))
        for frame in track(frames, len(snapshots) - 1, "making the film", "frame"):
            if not go_on():
                raise FilmStoppedError
            writer.send(np.ascontiguousarray(frame))
        for _ in range(LAST_FRAME_SECONDS * FRAMES_A_SECOND):
            writer.send(np.ascontiguousarray(frame))
    finally:
        writer.close()


def _encode_gif(mp4: str, path: str, frames: int, go_on: Callable[[], bool]) -> None:
    """Turn the film into a GIF in two passes, since it wants one palette for all its frames."""
    import imageio_ffmpeg

    every = -(-frames // MOST_GIF_FRAMES)
    chosen = (
        f"select='not(mod(n,{every}))',setpts=N/{FRAMES_A_SECOND}/TB,"
        f"scale='min({WIDEST_GIF},iw)':-1:flags=lanczos"
    )
    palette = f"{path}.png"
    ffmpeg = [imageio_ffmpeg.get_ffmpeg_exe(), "-loglevel", "error", "-y", "-i", mp4]
    passes = (
        [*ffmpeg, "-vf", f"{chosen},palettegen", palette],
        [*ffmpeg, "-i", palette, "-lavfi", f"{chosen} [frames]; [frames][1:v] paletteuse", path],
    )
    for command in passes:
        if not go_on():
            raise FilmStoppedError
        done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL)
        if done.returncode:
            said = done.stderr.strip().splitlines() or [f"exit code {done.returncode}"]
            raise OSError(0, f"ffmpeg: {said[-1]}", path)
