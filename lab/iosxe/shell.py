"""What each line does that a user enters, and in which mode it leaves them; nothing of terminals."""

from __future__ import annotations

from collections.abc import Callable

from lab.iosxe.archive import ArchiveFailed
from lab.iosxe.configuration import Mode
from lab.iosxe.device import Device
from lab.iosxe.editor import Position
from lab.iosxe.exec_commands import PRIVILEGED, UNPRIVILEGED, Exec, filter_output
from lab.iosxe.grammar import Grammar, Match, Mismatch, invalid_input
from lab.iosxe.screen import Screen
from lab.iosxe.tcl import Tcl

PROMPT_WIDTH = 20
"""Characters of the hostname in the prompt of configuration mode."""

_ON_FILES = ("copy in", "copy out", "replace", "tcl")
_QUESTIONS = {
    "copy": "Destination filename [startup-config]? ",
    "reload": "Proceed with reload? [confirm]",
    "enable": "Password: ",
}


class Dropped(Exception):  # noqa: N818  an event, not a mistake
    """The connection is to be cut."""


class Shell:
    """One user's place in a router: exec, configuration or Tcl mode, or a question that is open."""

    def __init__(self, device: Device, number: int, screen: Screen, *, privileged: bool) -> None:
        self.ended = False
        """Whether the user has left."""
        self.is_hidden = False
        """Whether what is typed next is not shown."""
        self._device, self._number, self._screen = device, number, screen
        self._privileged = privileged
        self._position: Position | None = None
        self._question: Callable[[str], str] | None = None
        self._tcl: Tcl | None = None

    @property
    def prompt(self) -> str:
        """The prompt for the next line; empty while a question is open."""
        if self._question is not None:
            return ""
        name = self._device.hostname
        if self._tcl is not None:
            return "+>" if self._tcl.is_open else f"{name}(tcl)#"
        if self._position is not None:
            return f"{name[:PROMPT_WIDTH]}({self._position.mode.prompt})#"
        return f"{name}{'#' if self._privileged else '>'}"

    @property
    def mode(self) -> str:
        """The mode's name in the prompt; `exec` outside of the configuration."""
        return self._position.mode.prompt if self._position else "exec"

    @property
    def is_asking(self) -> bool:
        """Whether the next line is the answer to a question."""
        return self._question is not None

    @property
    def configures(self) -> bool:
        """Whether the user is in configuration mode."""
        return self._position is not None

    def ask_in_vain(self) -> None:
        """Take the next line for an answer that nothing follows from."""
        self._question = lambda _: ""

    def abort(self) -> None:
        """Leave questions and the configuration."""
        self._question, self.is_hidden = None, False
        self.leave_configuration()

    def completions(self, line: str) -> tuple[str, ...]:
        """The words that may stand at a line's end."""
        if self._position is None:
            return self._tables.completions(line)
        return self._device.editor.completions(self._position, line)

    @property
    def _tables(self) -> Grammar[Exec]:
        return PRIVILEGED if self._privileged else UNPRIVILEGED

    async def run(self, line: str, column: int) -> str:
        """What the router prints for a line that begins in a column of the screen.

        Raises:
            Dropped: the line ends the connection.
        """
        if self._question is not None:
            question, self._question = self._question, None
            return question(line)
        if self._tcl is not None:
            return await self._run_tcl(self._tcl, line, column)
        if self._position is None:
            return await self._run_exec(line, column)
        return await self._run_configuration(line, column)

    async def _run_tcl(self, tcl: Tcl, line: str, column: int) -> str:
        """An exec command works in the shell too, as long as nothing is open."""
        if not tcl.is_open and line.strip() in {"tclquit", "exit"}:
            self._tcl = None
            return ""
        said = tcl.take(line)
        return await self._run_exec(line, column) if said is None else said

    async def _run_configuration(self, line: str, column: int) -> str:
        assert self._position is not None
        first, _, rest = line.strip().partition(" ")
        if first.lower() == "do" and rest:
            return await self._run_exec(line, column, start=line.lower().index("do") + 2)
        if first.lower() == "end":
            self.leave_configuration()
            return ""
        if first.lower() == "exit":
            if self._position.path:
                self._position = self._position.parent
            else:
                self.leave_configuration()
            return ""
        outcome = self._device.editor.take(self._position, line)
        self._position = outcome.position
        if outcome.mismatch is not None:
            return _complaint(outcome.mismatch, column)
        return "\n".join(outcome.notices)

    def leave_configuration(self) -> None:
        """Lets others configure, and keeps what has changed."""
        if self._position is not None:
            self._position = None
            self._device.unlock(self._number)
            self._device.persist()

    async def _run_exec(self, line: str, column: int, start: int = 0) -> str:
        command, bar, pipe = line.partition("|")
        if not command[start:].strip() or command.lstrip().startswith("!"):
            return ""
        found = self._tables.match(command, start=start)
        if isinstance(found, Mismatch):
            return _complaint(found, column)
        arguments = tuple(argument.value for argument in found.arguments)
        if found.command.living is not None:
            text = await found.command.living(self._device, arguments)
        elif found.command.answer is not None:
            text = found.command.answer(self._device, arguments)
        else:
            return self._act(found, arguments)
        if bar:
            filtered = filter_output(text, pipe)
            return _complaint(invalid_input(len(command) + 1), column) if filtered is None else filtered
        return text

    def _act(self, found: Match[Exec], arguments: tuple[str, ...]) -> str:
        action = found.command.action
        if action == "configure" and self._position is None:
            return self._configure(arguments, wants_lock="lock" in found.words)
        if action in _ON_FILES:
            return self._act_on_files(found, arguments)
        if action in _QUESTIONS and not (action == "enable" and self._privileged):
            self._question = {"copy": self._copy, "reload": self._reload, "enable": self._enable}[action]
            self.is_hidden = action == "enable"
            return _QUESTIONS[action]
        if action == "disable":
            self._privileged = False
        if action == "leave":
            self.ended = True
        if action == "length":
            self._screen.rows = int(arguments[0])
        if action == "width":
            self._screen.columns = int(arguments[0])
        if action == "privilege":
            return f"Current privilege level is {15 if self._privileged else 1}"
        return ""

    def _act_on_files(self, found: Match[Exec], arguments: tuple[str, ...]) -> str:
        if found.command.action == "replace":
            return self._replace(found, arguments)
        if found.command.action == "tcl":
            self._tcl = Tcl(self._device.flash)
            return ""
        return self._copy_file(arguments[0], into=found.command.action == "copy in")

    def _configure(self, minutes: tuple[str, ...], *, wants_lock: bool) -> str:
        refusal = self._device.lock(self._number, asked=wants_lock)
        if refusal:
            return refusal
        said = ""
        if minutes:
            try:
                file = self._device.arm_revert(int(minutes[0]))
            except ArchiveFailed as failure:
                self._device.unlock(self._number)
                return str(failure)
            said = f"Rollback Confirmed Change: Backing up current running config to {file}\n\n"
        self._position = Position(Mode.GLOBAL)
        return f"{said}Enter configuration commands, one per line.  End with CNTL/Z."

    def _replace(self, found: Match[Exec], arguments: tuple[str, ...]) -> str:
        """Source of both texts: Cisco, "Configuration Replace and Configuration Rollback"."""
        name, minutes = arguments[0], int(arguments[1]) if len(arguments) > 1 else None
        if "force" in found.words:
            return self._device.replace(name, minutes)

        def answered(answer: str) -> str:
            agreed = answer.strip().lower() in {"y", "yes"}
            return self._device.replace(name, minutes) if agreed else ""

        self._question = answered
        return (
            "This will apply all necessary additions and deletions\n"
            "to replace the current running configuration with the\n"
            "contents of the specified configuration file, which is\n"
            "assumed to be a complete configuration, not a partial\n"
            "configuration. Enter Y if you are sure you want to proceed. ? [no]: "
        )

    def _copy_file(self, name: str, *, into: bool) -> str:
        quiet = ("file", "prompt") in self._device.editor.root.lines
        target = "running-config" if into else name.rpartition("/")[2]

        def answered(answer: str) -> str:
            if answer.strip() not in {"", target}:
                return f"%Error opening {answer.strip()} (No such device)"
            return self._device.merge(name) if into else self._device.keep_running(name)

        if quiet:
            return answered("")
        self._question = answered
        return f"Destination filename [{target}]? "

    def _copy(self, answer: str) -> str:
        if answer.strip() not in {"", "startup-config"}:
            return f"%Error opening {answer.strip()} (No such device)"
        self._device.save_startup()
        return "Building configuration...\n[OK]"

    def _reload(self, answer: str) -> str:
        if answer.strip().lower() not in {"", "y", "yes"}:
            return ""
        self._device.reboot()
        raise Dropped

    def _enable(self, answer: str) -> str:
        self._privileged = self._device.accepts(answer)
        return "" if self._privileged else "% Access denied\n"


def _complaint(mismatch: Mismatch, column: int) -> str:
    if mismatch.column < 0:
        return f"{mismatch.message}\n\n" if mismatch.message.startswith("% ") else f"{mismatch.message}\n"
    return f"{' ' * (column + mismatch.column)}^\n{mismatch.message}\n\n"
