"""What a kill or a failing disk costs: `python -m bench.faults [PHOTOS]`.

\b
1. A small build with something of everything to do, struck at each of its calls that write,
   flush, rename, make or remove a file: killed (−9), on a disk that is full once or from then
   on, on one with an I/O error.
2. A build of a whole catalogue, killed again and again at random calls until it has been killed
   so often as `--kills` says; then run to its end.

After each: what is published passes every check of `verify` and is loaded by the gallery, wholly
the old or wholly the new; the next run ends as an undisturbed one does, and asks for no photo that
was noted before. PHOTOS is a folder of them; by default it is the demo catalogue's.
"""

from __future__ import annotations

import random
import shutil
import tempfile
import time
from collections import Counter
from pathlib import Path

import click

from tests.faults import Fault, Machine
from tests.photo_server import PhotoServer
from tests.trials import Trials, changed_shop, noted, rubbish, shown, stored
from vitrine.folder import IndexFolder

FAULTS = [fault for fault in Fault if fault is not Fault.NONE]
PHOTOS = Path("data/photos")


@click.command(help=__doc__)
@click.argument("photos", type=click.Path(path_type=Path, exists=True), default=PHOTOS)
@click.option("--fault", "faults", type=click.Choice(FAULTS), multiple=True, default=FAULTS)
@click.option(
    "--from", "first", type=click.IntRange(1), default=1, help="The first call to strike."
)
@click.option("--step", type=click.IntRange(0), default=1, help="Each so many-th; 0: none.")
@click.option("--kills", type=click.IntRange(0), default=200, show_default=True)
@click.option("--limit", type=click.IntRange(1), default=1000, help="So many photos at most.")
def main(photos: Path, faults: list[Fault], first: int, step: int, kills: int, limit: int) -> None:
    with (
        tempfile.TemporaryDirectory() as temporary,
        PhotoServer() as server,
        Machine(Path(temporary), patience_s=600) as machine,
    ):
        home = Path(temporary)
        if step:
            trials = changed_shop(machine, server, home)
            click.echo(f"A small build makes {trials.calls:,} calls that change the index folder.")
        for fault in faults if step else ():
            _at_each_call(trials, Fault(fault), range(first, trials.calls + 1, step))
        if kills:
            _again_and_again(machine, server, home, sorted(photos.iterdir())[:limit], kills)


def _at_each_call(trials: Trials, fault: Fault, calls: range) -> None:
    began, wrong, ends = time.monotonic(), 0, Counter[int]()
    with click.progressbar(calls, label=fault) as bar:
        for at in bar:
            try:
                ends[trials.struck(fault, at).status] += 1
            except AssertionError as error:
                wrong += 1
                click.echo(f"\n{error}")
    statuses = ", ".join(f"{number:,} with status {status}" for status, number in ends.items())
    seconds = time.monotonic() - began
    click.echo(f"{fault}: {len(calls):,} calls, {wrong} wrong; {statuses}; {seconds:.0f} s")


def _again_and_again(
    machine: Machine, server: PhotoServer, home: Path, photos: list[Path], kills: int
) -> None:
    server.folder = photos[0].parent
    catalogue = home / "catalogue.csv"
    rows = [f"{p.stem},Photo {p.stem},{server.url(f'/{p.name}')}\n" for p in photos]
    catalogue.write_text("ProductId,ProductTitle,ImageURL\n" + "".join(rows))
    allowed = ["--allow-host", server.endpoints[0]]
    arguments = ["build", str(catalogue), "--encoder", "handcrafted", *allowed]
    sound = IndexFolder(home / "undisturbed")
    undisturbed = machine.run([*arguments, "--index", str(sound.root)], sound.root)
    click.echo(f"{len(photos):,} photos: {undisturbed.count:,} calls, {undisturbed.seconds:.0f} s")
    struck = IndexFolder(home / "struck")
    arguments += ["--index", str(struck.root)]
    server.counts.clear()
    chance = random.Random(1)
    fetched: set[str] = set()
    calls, most_lost, lost = Counter[str](), 0, 0
    with click.progressbar(length=kills, label="killed") as bar:
        while bar.pos < kills:
            sent = server.counts.copy()
            # Mean steps of a run's calls by the number of kills, so that they spread over it all.
            at = chance.randint(1, max(2, 2 * undisturbed.count // kills))
            ran = machine.run(arguments, struck.root, Fault.KILL, at)
            assert ran.status in (-9, 0), ran.said
            assert shown(struck) in (None, shown(sound))
            if ran.status == 0:  # at its end before it could be killed: begin anew
                shutil.rmtree(struck.root)
                server.counts.clear()
                fetched.clear()
                continue
            asked = server.counts - sent
            assert not asked.keys() & fetched, "a photo that was noted was asked for again"
            fetched |= {"/" + location.rsplit("/", 1)[-1] for location in noted(struck)}
            lost_now = len(asked.keys() - fetched)
            most_lost, lost = max(most_lost, lost_now), lost + lost_now
            calls[ran.call.split(" ")[0]] += 1
            bar.update(1)
    ended = machine.run(arguments, struck.root)
    assert ended.status == 0, ended.said
    assert shown(struck) == shown(sound)
    assert stored(struck) == stored(sound)
    left = rubbish(struck)
    where = ", ".join(f"{number} at {name}" for name, number in calls.most_common())
    click.echo(f"killed {kills} times: {where}")
    click.echo(
        f"in flight and lost: at most {most_lost} photos a kill, {lost} in all; "
        f"requests beyond one a photo: {server.counts.total() - len(photos)}; "
        f"left lying about: {len(left)}; in the end the same as undisturbed"
    )


if __name__ == "__main__":
    main()
