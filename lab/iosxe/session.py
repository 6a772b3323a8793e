"""One user's session on a router: characters, echo, pages, and what faults do to them; lines go to a `Shell`.

It is independent of SSH: characters come in by `type_text`, answers leave by the writer it was given.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable

from lab.iosxe.device import Device
from lab.iosxe.faults import Fault, Moment
from lab.iosxe.screen import Screen
from lab.iosxe.shell import Dropped, Shell

_END = "\x1a"
_ABORT = "\x03"
_ERASE = "\x7f\x08"
_CLEAR = "\x15"
_LITERAL = "\x16"
_PLAIN = re.compile(r"[^\x00-\x1f?\x7f-\xa0]+")

Write = Callable[[str], Awaitable[None]]
Ask = Callable[[Moment, str], Awaitable[Fault | None]]


class Session:
    """A terminal session."""

    def __init__(self, device: Device, number: int, write: Write, ask: Ask, *, privileged: bool) -> None:
        self._device, self._number, self._write, self._ask = device, number, write, ask
        self._unsent: list[str] = []
        self._line = ""
        self._screen = Screen()
        self._shell = Shell(device, number, self._screen, privileged=privileged)
        self._after_return = self._literal = False

    @property
    def ended(self) -> bool:
        """Whether the user has left."""
        return self._shell.ended

    async def start(self) -> None:
        """Greets the user with the banners and the first prompt."""
        fault = await self._ask(Moment.CONNECT, "") or Fault()
        self._obey(fault)
        shown = "".join(f"\n{text}" for text in self._device.banners)
        shown += "".join(f"\n{text}\n" for text in fault.log)
        if fault.ask is not None:
            self._shell.ask_in_vain()
        await self._send_in_pieces(f"{shown}\n{fault.ask or self._shell.prompt}", fault)
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
        self._shell.leave_configuration()
        self._device.persist()

    def _type_plainly(self, text: str) -> None:
        """Takes characters that only add to the line."""
        if not self._shell.is_hidden:
            self._send(self._screen.echo(self._shell.prompt, self._line, text))
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
        elif character == "?" and not self._shell.is_asking:
            self._help()
        elif character.isprintable():
            self._type_plainly(character)
        else:
            await self._control(character)

    async def _control(self, character: str) -> None:
        if character == _END:
            await self._control_z()
        elif character == _ABORT:
            self._line = ""
            self._shell.abort()
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
        self._shell.leave_configuration()
        await self._answer("^Z")

    async def _enter(self) -> None:
        line, self._line = self._line, ""
        hidden, self._shell.is_hidden = self._shell.is_hidden, False
        self._send("\n")
        recorded = self._device.record(self._number, self._shell.mode, "***" if hidden else line)
        await self._flush()
        fault = await self._ask(Moment.LINE, recorded)
        self._obey(fault)
        if fault is not None and fault.log:
            self._send("".join(f"\n{text}\n" for text in fault.log))
        if fault is not None and fault.reject is not None:
            await self._answer(fault.reject)
            return
        if fault is not None and fault.ask is not None:
            self._shell.ask_in_vain()
            await self._answer(fault.ask)
            return
        column = len(self._shell.prompt)
        await self._answer(await self._shell.run(line, column))

    async def _answer(self, text: str) -> None:
        body = text if not text or text.endswith("\n") or self._shell.is_asking else f"{text}\n"
        shown = body if self._shell.configures else self._screen.show(body)
        await self._emit(shown if self.ended or self._screen.is_waiting else shown + self._shell.prompt)

    async def _turn(self, key: str, *, after_return: bool) -> None:
        """A key at `--More--`; the second half of a line's end is none."""
        if key == "\n" and after_return:
            return
        shown = self._screen.turn(key)
        await self._emit(shown if self._screen.is_waiting else shown + self._shell.prompt)

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
        words = self._shell.completions(self._line)
        body = "".join(f"  {word}\n" for word in words) or "% Unrecognized command\n"
        self._send(f"?\n{body}\n{self._shell.prompt}{self._line}")
