"""What the processes of the script take of the machine, noted now and then."""

import os
import time


class Usage:
    """``logs/sys/perf/processes_resource_usage.csv``: a line for each process, every so many seconds."""

    def __init__(self, settings):
        self.every = settings.resource_monitor_interval
        self.file = os.path.join(settings.logs, "sys", "perf", "processes_resource_usage.csv")
        self.due = time.monotonic() + self.every

    def note(self, workers):
        """Note it, where it is time."""
        if not self.every or time.monotonic() < self.due:
            return
        self.due = time.monotonic() + self.every
        os.makedirs(os.path.dirname(self.file), exist_ok=True)
        is_new = not os.path.exists(self.file)
        with open(self.file, "a", encoding="utf-8") as stream:
            if is_new:
                stream.write("time,process,pid,cpu_seconds,memory_mb\n")
            for found in workers:
                taken = taken_by(found.pid)
                if taken:
                    now = time.strftime("%Y-%m-%dT%H:%M:%S")
                    stream.write(f"{now},{found.place.name},{found.pid},{taken[0]:.2f},{taken[1]:.1f}\n")


def taken_by(pid):
    """The seconds of processor time and the megabytes of memory of a process; None where it has gone."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            fields = file.read().rpartition(b")")[2].split()
    except OSError:
        return None
    ticks, page = os.sysconf("SC_CLK_TCK"), os.sysconf("SC_PAGE_SIZE")
    return (int(fields[11]) + int(fields[12])) / ticks, int(fields[21]) * page / (1 << 20)
