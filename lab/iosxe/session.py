"""One user's session on a router: prompt, echo, modes, and what each line does.

It is independent of SSH: characters come in by `type_text`, answers leave by the writer it was given.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable

from lab.iosxe.archive import ArchiveFailed
from lab.iosxe.configuration import Mode
from lab.iosxe.device import Device
from lab.iosxe.editor import Position
from lab.iosxe.exec_commands import PRIVILEGED, UNPRIVILEGED, Exec, filter_output
from lab.iosxe.faults import Fault, Moment
from lab.iosxe.grammar import Grammar, Match, Mismatch, invalid_input
from lab.iosxe.screen import Screen
from lab.iosxe.tcl import Tcl

PROMPT_WIDTH = 20
"""Characters of the hostname in the prompt of configuration mode."""
_END = "\x1a"
_ABORT = "\x03"
_ERASE = "\x7f\x08"
_CLEAR = "\x15"
_LITERAL = "\x16"
_PLAIN = re.compile(r"[^\x00-\x1f?\x7f-\xa0]+")

_ON_FILES = ("copy in", "copy out", "replace", "tcl")
_QUESTIONS = {
    "copy": "Destination filename [startup-config]? ",
    "reload": "Proceed with reload? [confirm]",
    "enable": "Password: ",
}

Write = Callable[[str], Awaitable[None]]
Ask = Callable[[Moment, str], Awaitable[Fault | None]]


class Dropped(Exception):  # noqa: N818  an event, not a mistake
    """The connection is to be cut."""


class Session:
    """A terminal session; `ended` once the user has left."""

    def __init__(self, device: Device, number: int, write: Write, ask: Ask, *, privileged: bool) -> None:
        self.ended = False
        self._device, self._number, self._write, self._ask = device, number, write, ask
        self._unsent: list[str] = []
        self._privileged = privileged
        self._position: Position | None = None
        self._question: Callable[[str], str] | None = None
        self._hidden = False
        self._line = ""
        self._screen = Screen()
        self._after_return = self._literal = False
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

    async def start(self) -> None:
        """Greets the user with the banners and the first prompt."""
        fault = await self._ask(Moment.CONNECT, "") or Fault()
        self._obey(fault)
        shown = "".join(f"\n{text}" for text in self._device.banners)
        shown += "".join(f"\n{text}\n" for text in fault.log)
        if fault.ask is not None:
            self._question = lambda _: ""
        await self._send_in_pieces(f"{shown}\n{fault.ask or self.prompt}", fault)
        await self._flush()

    async def type_text(self, text: str) -> None:
        """Takes characters as they come, in pieces of any size."""
        place = 0
        while place < len(text) and not self.ended:
            plain = _PLAIN.match(text, place)
            if plain is not None and not self._screen.is_waiting and not self._literal:
                self._after_return = False
                self._type_plainly(plain[0])
                place = plain.end()
            else:
                await self._type(text[place])
                place += 1
        await self._flush()

    def disconnect(self) -> None:
        """Keeps what the session has changed, and lets others configure."""
        self._leave_configuration()
        self._device.persist()

    def _type_plainly(self, text: str) -> None:
        """Takes characters that only add to the line."""
        if not self._hidden:
            self._send(self._screen.echo(self.prompt, self._line, text))
        self._line += text

    async def _type(self, character: str) -> None:
        after_return, self._after_return = self._after_return, character == "\r"
        if self._screen.is_waiting:
            await self._turn(character, after_return=after_return)
        elif self._literal:
            self._literal, self._line = False, self._line + character
        elif character in "\r\n":
            if character == "\r" or not after_return:
                await self._enter()
        elif character == "?" and self._question is None:
            self._help()
        elif character.isprintable():
            self._type_plainly(character)
        else:
            await self._control(character)

    async def _control(self, character: str) -> None:
        if character == _END:
            await self._control_z()
        elif character == _ABORT:
            self._line, self._question, self._hidden = "", None, False
            self._leave_configuration()
            await self._answer("^C")
        elif character in _ERASE:
            self._line = self._line[:-1]
            self._send("\b \b")
        elif character == _CLEAR:
            self._line = ""
        elif character == _LITERAL:
            self._literal = True

    async def _control_z(self) -> None:
        """Runs what was typed, then leaves configuration mode."""
        if self._line.strip():
            await self._enter()
        self._leave_configuration()
        await self._answer("^Z")

    async def _enter(self) -> None:
        line, self._line = self._line, ""
        hidden, self._hidden = self._hidden, False
        self._send("\n")
        mode = self._position.mode.prompt if self._position else "exec"
        recorded = self._device.record(self._number, mode, "***" if hidden else line)
        await self._flush()
        fault = await self._ask(Moment.LINE, recorded)
        self._obey(fault)
        if fault is not None and fault.log:
            self._send("".join(f"\n{text}\n" for text in fault.log))
        if fault is not None and fault.reject is not None:
            await self._answer(fault.reject)
            return
        if fault is not None and fault.ask is not None:
            self._question = lambda _: ""
            await self._answer(fault.ask)
            return
        column = len(self.prompt)
        await self._answer(await self._run(line, column))

    async def _answer(self, text: str) -> None:
        body = text if not text or text.endswith("\n") or self._question is not None else f"{text}\n"
        shown = body if self._position is not None else self._screen.show(body)
        await self._emit(shown if self.ended or self._screen.is_waiting else shown + self.prompt)

    async def _turn(self, key: str, *, after_return: bool) -> None:
        """A key at `--More--`; the second half of a line's end is none."""
        if key == "\n" and after_return:
            return
        shown = self._screen.turn(key)
        await self._emit(shown if self._screen.is_waiting else shown + self.prompt)

    async def _emit(self, output: str) -> None:
        fault = await self._ask(Moment.OUTPUT, output)
        self._obey(fault)
        if fault is not None and fault.log:
            logged = "".join(f"{text}\n" for text in fault.log)
            before, after = output[: fault.into], output[fault.into :]
            output = f"{before}\n{logged}{after}" if before else logged + after
        await self._send_in_pieces(output, fault or Fault())

    async def _send_in_pieces(self, output: str, fault: Fault) -> None:
        size = fault.pieces or max(len(output), 1)
        for start in range(0, len(output), size):
            self._send(output[start : start + size])
            if size < len(output):
                await self._flush()

    def _send(self, text: str) -> None:
        self._unsent.append(text)

    async def _flush(self) -> None:
        """Sends what has gathered, in one piece."""
        text = "".join(self._unsent)
        self._unsent.clear()
        if text:
            await self._write(text)

    @staticmethod
    def _obey(fault: Fault | None) -> None:
        if fault is not None and fault.drop:
            raise Dropped

    def _help(self) -> None:
        tables: Grammar[Exec] = PRIVILEGED if self._privileged else UNPRIVILEGED
        if self._position is None:
            words = tables.completions(self._line)
        else:
            words = self._device.editor.completions(self._position, self._line)
        body = "".join(f"  {word}\n" for word in words) or "% Unrecognized command\n"
        self._send(f"?\n{body}\n{self.prompt}{self._line}")

    async def _run(self, line: str, column: int) -> str:
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
            self._leave_configuration()
            return ""
        if first.lower() == "exit":
            if self._position.path:
                self._position = self._position.parent
            else:
                self._leave_configuration()
            return ""
        outcome = self._device.editor.take(self._position, line)
        self._position = outcome.position
        if outcome.mismatch is not None:
            return _complaint(outcome.mismatch, column)
        return "\n".join(outcome.notices)

    def _leave_configuration(self) -> None:
        if self._position is not None:
            self._position = None
            self._device.unlock(self._number)
            self._device.persist()

    async def _run_exec(self, line: str, column: int, start: int = 0) -> str:
        command, bar, pipe = line.partition("|")
        if not command[start:].strip() or command.lstrip().startswith("!"):
            return ""
        tables: Grammar[Exec] = PRIVILEGED if self._privileged else UNPRIVILEGED
        found = tables.match(command, start=start)
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
            self._hidden = action == "enable"
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
