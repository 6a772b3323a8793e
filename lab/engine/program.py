"""Runs one Pulumi program in a process of its own: reads the engine's request from standard input.

Started by the language host with the interpreter of the program's own virtual environment, which may know
nothing of this project; hence it needs nothing but the Pulumi SDK.
"""

from __future__ import annotations

import asyncio
import logging
import runpy
import signal
import sys
import traceback
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

REPORTED = 32
"""Exit code of a program that has told the engine itself what is wrong, as with the official host."""

_THREADS_PER_RESOURCE = 4


def main() -> int:
    """Run the program that the request names; 0 if it ended well, else `REPORTED`."""
    from pulumi.runtime.proto import language_pb2  # noqa: PLC0415 (costs time that a reader of REPORTED saves)

    request = language_pb2.RunRequest.FromString(sys.stdin.buffer.read())
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the engine says when to stop
    program = Path(request.info.program_directory, request.info.entry_point)
    sys.path[0] = str(program if program.is_dir() else program.parent)
    _configure(request)
    return _run(str(program), max(request.parallel, 1) * _THREADS_PER_RESOURCE)


def _configure(request: Any) -> None:  # noqa: ANN401 (gRPC's message)
    from pulumi.runtime import reset_options, set_all_config  # noqa: PLC0415

    reset_options(
        project=request.project,
        monitor_address=request.monitor_address,
        engine_address=request.args[0],
        stack=request.stack,
        parallel=request.parallel,
        preview=request.dryRun,
        organization=request.organization or "organization",
    )
    set_all_config(dict(request.config), list(request.configSecretKeys))


def _run(program: str, threads: int) -> int:
    import grpc  # noqa: PLC0415
    from pulumi import RunError, log  # noqa: PLC0415
    from pulumi.runtime import run_in_stack  # noqa: PLC0415

    logging.getLogger("asyncio").setLevel(logging.CRITICAL)  # failed tasks are reported below, once
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    loop.set_default_executor(ThreadPoolExecutor(max_workers=threads))
    try:
        loop.run_until_complete(run_in_stack(partial(_run_file, program)))
    except RunError as error:
        log.error(str(error))
        return REPORTED
    except grpc.RpcError as error:
        if error.code() == grpc.StatusCode.UNAVAILABLE:
            return 0  # the engine has stopped, and has said why
        log.error(f"the engine refused: {error.details()}")
        return REPORTED
    except Exception:  # noqa: BLE001 (whatever a program raises is for its author to read)
        log.error(f"Program failed with an unhandled exception:\n{traceback.format_exc()}")
        return REPORTED
    finally:
        _cancel_rest(loop)
    return 0


def _run_file(program: str) -> None:
    runpy.run_path(program, run_name="__main__")


def _cancel_rest(loop: asyncio.AbstractEventLoop) -> None:
    pending = asyncio.all_tasks(loop)
    for task in pending:
        task.cancel()
    loop.run_until_complete(asyncio.gather(*pending, return_exceptions=True))
    loop.close()


if __name__ == "__main__":
    sys.exit(main())
