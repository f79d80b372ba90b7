"""Pi by throwing points at a square, shared among processes that find each other as those of PyTorch do."""

import argparse
import os
import random
import socket
import time

RANK, SIZE = int(os.environ["RANK"]), int(os.environ["WORLD_SIZE"])
FIRST = (os.environ["MASTER_ADDR"], int(os.environ["MASTER_PORT"]))


def main() -> None:
    """Throw this process's share of the points, and tell the sum over all processes."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--points", type=int, default=200_000)
    points = parser.parse_args().points
    dice = random.Random(RANK)
    inside = sum(dice.random() ** 2 + dice.random() ** 2 <= 1 for _ in range(points))
    print(f"rank {RANK} of {SIZE}, on node {os.environ['NODE_RANK']}: {inside} of {points} points inside")
    everywhere = sum_of_all(inside)
    if RANK == 0:
        print(f"pi is about {4 * everywhere / (points * SIZE):.4f}")


def sum_of_all(number: int) -> int:
    """The sum of every process's number, in all of them: PyTorch's ``all_reduce`` with nothing but sockets."""
    if RANK > 0:
        with connected() as first, first.makefile("rw") as stream:
            print(number, file=stream, flush=True)
            return int(stream.readline())
    with socket.create_server(FIRST) as server:
        others = [server.accept()[0].makefile("rw") for _ in range(SIZE - 1)]
    total = number + sum(int(stream.readline()) for stream in others)
    for stream in others:
        print(total, file=stream, flush=True)
    return total


def connected() -> socket.socket:
    """A connection to the first process, which may still be starting."""
    while True:
        try:
            return socket.create_connection(FIRST)
        except ConnectionRefusedError:
            time.sleep(0.05)


if __name__ == "__main__":
    main()
