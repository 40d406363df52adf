"""What do clients see while Milvus is stopped and started again?

`python -m bench.outage INDEX`: the photos of a published index (a folder with a ledger) are
published to a Milvus server of milvus-lite's, and the gallery serves them by `python app.py`. wrk
asks for products by chance over 16 connections, for twenty seconds; in the fifth the server is
killed, in the tenth it is started again. Counted are answers by second and status, and those
that are not as they should be: an error outside of the gap, any status but 200 and 503, and
a 503 without Retry-After.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter, defaultdict
from pathlib import Path

import click

from indexer.publishing import publish
from tests.generations import contents_of
from tests.milvus_server import LiteServer
from vitrine.address import MilvusAddress
from vitrine.folder import IndexFolder
from vitrine.snapshot import open_current

SECONDS, STOPPED_S, STARTED_S = 20, 5, 10
CONNECTIONS = 16
RECOVERING_S = 6  # from the start of the server on, until it has the vectors in memory

SCRIPT = """
local threads = {{}}
function setup(thread)
  table.insert(threads, thread)
end
function init(args)
  counts = {{}}
  math.randomseed(os.time())
end
request = function()
  return wrk.format("GET", "/get_similar?id=" .. ids[math.random(#ids)])
end
response = function(status, headers)
  local key = os.time() .. " " .. status .. " " .. (headers["Retry-After"] or "-")
  counts[key] = (counts[key] or 0) + 1
end
done = function(summary)
  for _, thread in ipairs(threads) do
    for key, count in pairs(thread:get("counts")) do
      print("answers " .. key .. " " .. count)
    end
  end
  print("socket errors " .. summary.errors.connect + summary.errors.read + summary.errors.write
    + summary.errors.timeout)
end
ids = {{{ids}}}
"""


@click.command(help=__doc__)
@click.argument("index", type=click.Path(path_type=Path, exists=True))
def main(index: Path) -> None:
    if shutil.which("wrk") is None:
        raise click.ClickException("this needs wrk: apt install wrk, or brew install wrk")
    with tempfile.TemporaryDirectory() as temporary:
        home = Path(temporary)
        with LiteServer(home / "milvus") as server:
            folder = published_again(index, home / "index", server)
            gallery = served(folder)
            try:
                address = re.search(r"http://[\d.:]+", gallery.stdout.readline()).group()  # type: ignore[union-attr]
                report(address, folder, server, home)
            finally:
                gallery.terminate()
                gallery.wait()


def published_again(index: Path, home: Path, server: LiteServer) -> IndexFolder:
    """The same products and vectors in Milvus."""
    snapshot = open_current(IndexFolder(index))
    folder = IndexFolder(home, MilvusAddress.parse(server.address()))
    folder.claim()
    contents = contents_of(snapshot.products.all(), encoder=snapshot.manifest.encoder)
    publish(folder, contents, snapshot.index.vectors())
    return folder


def served(folder: IndexFolder) -> subprocess.Popen[str]:
    command = [sys.executable, "app.py", "--port", "0", "--index", str(folder.vectors)]
    environment = os.environ | {"VITRINE_FOLDER": str(folder.root), "VITRINE_CLIENT_SEARCHES": "0"}
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=environment
    )


def report(address: str, folder: IndexFolder, server: LiteServer, home: Path) -> None:
    script = home / "by_chance.lua"
    ids = ",".join(f'"{i}"' for i in open_current(folder).ids)
    script.write_text(SCRIPT.format(ids=ids), encoding="utf-8")
    began = time.time()
    moments: dict[str, float] = {}

    def interrupt() -> None:
        time.sleep(STOPPED_S)
        moments["stopped"] = time.time()
        server.stop()
        time.sleep(STARTED_S - STOPPED_S)
        server.start()
        moments["started"] = time.time()

    interrupting = threading.Thread(target=interrupt)
    interrupting.start()
    options = ["-t2", f"-c{CONNECTIONS}", f"-d{SECONDS}s", "-s", str(script)]
    said = subprocess.run(
        ["wrk", *options, address], capture_output=True, text=True, check=True
    ).stdout
    interrupting.join()
    answers: dict[int, Counter[str]] = defaultdict(Counter)
    wrong: Counter[str] = Counter()
    for second, status, retry, count in re.findall(r"answers (\d+) (\d+) (\S+) (\d+)", said):
        at, many = int(second), int(count)
        answers[at][status] += many
        in_gap = int(moments["stopped"]) <= at <= moments["started"] + RECOVERING_S
        if status not in ("200", "503"):
            wrong[f"status {status}"] += many
        elif status == "503" and not in_gap:
            wrong["error outside of the gap"] += many
        elif status == "503" and retry == "-":
            wrong["503 without Retry-After"] += many
    click.echo(
        f"stopped after {moments['stopped'] - began:.1f} s, "
        f"started after {moments['started'] - began:.1f} s"
    )
    for at in sorted(answers):
        counts = ", ".join(f"{n:,} × {status}" for status, n in sorted(answers[at].items()))
        click.echo(f"second {at - int(began):2}: {counts}")
    click.echo(re.search(r"socket errors \d+", said).group())  # type: ignore[union-attr]
    click.echo(f"wrong: {dict(wrong) or 'nothing'}")


if __name__ == "__main__":
    main()
