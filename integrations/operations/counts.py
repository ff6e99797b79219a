"""The files in which processes count, once the processes are gone.

Knows no models: the web server's first process tidies up before Django is set up.
"""

from __future__ import annotations

from pathlib import Path

from prometheus_client.mmap_dict import MmapedDict

# Of no process; the name that the collector expects ends in a number.
OF_THE_GONE = "0"


def merge_dead_counts(folder: Path) -> None:
    """Add the counts of processes that are gone to one file for each kind of metric.

    So the sums that Prometheus sees never fall, and no file for every process that ever ran is
    read at each scrape.
    """
    for file in sorted(folder.glob("*_*.db")):
        kind, _, pid = file.stem.rpartition("_")
        if not pid.isdecimal() or pid == OF_THE_GONE or Path(f"/proc/{pid}").exists():
            continue
        if not file.stat().st_size:
            # Its process died before it had counted anything.
            file.unlink()
            continue
        kept = MmapedDict(str(folder / f"{kind}_{OF_THE_GONE}.db"))
        for key, value, timestamp, *_rest in MmapedDict.read_all_values_from_file(str(file)):
            before, _when = kept.read_value(key)
            kept.write_value(key, before + value, timestamp)
        kept.close()
        file.unlink()
