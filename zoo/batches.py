"""Pictures read ahead in threads and grouped into batches of one size."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from data.errors import BadImage

__all__ = ["batches"]

Item = TypeVar("Item")
Picture = NDArray[np.uint8]


def batches(
    items: Iterable[Item],
    read: Callable[[Item], Picture],
    size: int,
    on_bad: Callable[[Item, BadImage], None],
    threads: int = 2,
) -> Iterator[tuple[list[Item], list[Picture]]]:
    """Items with their pictures uint8 [H,W,3], in order, up to `size` of equal H and W at a time.

    An unreadable picture is given to `on_bad` and left out.
    """
    group: list[tuple[Item, Picture]] = []
    for item, picture in _read_ahead(items, read, on_bad, threads, 2 * size):
        if group and (len(group) == size or group[0][1].shape != picture.shape):
            yield _columns(group)
            group = []
        group.append((item, picture))
    if group:
        yield _columns(group)


def _columns(group: list[tuple[Item, Picture]]) -> tuple[list[Item], list[Picture]]:
    return [item for item, _ in group], [picture for _, picture in group]


def _read_ahead(
    items: Iterable[Item],
    read: Callable[[Item], Picture],
    on_bad: Callable[[Item, BadImage], None],
    threads: int,
    ahead: int,
) -> Iterator[tuple[Item, Picture]]:
    remaining = iter(items)
    with ThreadPoolExecutor(threads) as pool:
        waiting: deque[tuple[Item, Future[Picture]]] = deque(
            (item, pool.submit(read, item)) for item in islice(remaining, ahead)
        )
        try:
            while waiting:
                item, future = waiting.popleft()
                for following in islice(remaining, 1):
                    waiting.append((following, pool.submit(read, following)))
                try:
                    yield item, future.result()
                except BadImage as problem:
                    on_bad(item, problem)
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
