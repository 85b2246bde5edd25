"""The audio of a hand-driven peer: PCMU, a tone or silence out every 20 ms, and all that comes kept with the kernel's time."""
import math
import random
import socket
import struct
import threading
import time
import warnings

warnings.simplefilter("ignore", DeprecationWarning)
import audioop  # noqa: E402  (Python 3.11's; gone in 3.13)

TONE = 9000  # amplitude of 32767
SO_TIMESTAMPNS = 35


class Packet:
    __slots__ = ("at", "type", "number", "timestamp", "ssrc", "payload", "source")

    def __init__(self, at, data, source):
        self.at, self.payload, self.source = at, data[12:], source
        self.type = data[1] & 127
        self.number, self.timestamp, self.ssrc = struct.unpack_from("!HII", data, 2)

    @property
    def samples(self):
        pcm = audioop.alaw2lin(self.payload, 2) if self.type == 8 else audioop.ulaw2lin(self.payload, 2)
        return struct.unpack(f"<{len(pcm) // 2}h", pcm)


class Audio:
    """Sends while `to` and `tone` are set (0: silence); `got` holds the packets."""

    def __init__(self, host, port=0, tone=None, to=None):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        self.socket.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        self.socket.bind((host, port))
        self.socket.settimeout(0.2)
        self.host, self.port = self.socket.getsockname()
        self.to, self.tone, self.type = to, tone, 0
        self.got, self.sent, self.is_open = [], [], True
        self.number, self.timestamp, self.ssrc = (random.getrandbits(bits) for bits in (16, 32, 32))
        self.frames = {}
        threading.Thread(target=self._receive, daemon=True).start()
        threading.Thread(target=self._send, daemon=True).start()

    def _receive(self):
        while self.is_open:
            try:
                data, more, _, source = self.socket.recvmsg(4096, 64)
            except TimeoutError:
                continue
            except OSError:
                return
            at = time.time()
            for level, kind, value in more:
                if level == socket.SOL_SOCKET and kind == SO_TIMESTAMPNS:
                    seconds, nanoseconds = struct.unpack("qq", value[:16])
                    at = seconds + nanoseconds / 1e9
            if len(data) >= 12 and data[0] >> 6 == 2 and not 192 <= data[1] <= 223:
                self.got.append(Packet(at, data, source))

    def frame(self, tone, phase):
        """20 ms; a tone that is a multiple of 50 Hz repeats in every frame."""
        key = tone, phase if tone % 50 else 0
        if key not in self.frames:
            pcm = struct.pack("<160h", *(int(TONE * math.sin(2 * math.pi * tone * (phase + i) / 8000))
                                         for i in range(160)))
            frame = audioop.lin2alaw(pcm, 2) if self.type == 8 else audioop.lin2ulaw(pcm, 2)
            if tone % 50:
                return frame
            self.frames[key] = frame
        return self.frames[key]

    def _send(self):
        due, phase = time.time(), 0
        while self.is_open:
            due += 0.02
            to, tone = self.to, self.tone
            if to and tone is not None:
                header = struct.pack("!BBHII", 0x80, self.type, self.number, self.timestamp, self.ssrc)
                try:
                    self.socket.sendto(header + self.frame(tone, phase), to)
                    self.sent.append(time.time())
                except OSError:
                    if not self.is_open:
                        return
                self.number, self.timestamp = (self.number + 1) & 0xFFFF, (self.timestamp + 160) & 0xFFFFFFFF
                phase += 160
            left = due - time.time()
            if left > 0:
                time.sleep(left)
            elif left < -0.5:
                due = time.time()

    def between(self, since, until=None):
        return [packet for packet in list(self.got) if since <= packet.at < (until or math.inf)]

    def heard(self, since, until=None, tone=None):
        """The share of the packets that came in which the tone is (a tenth of what was sent at least), and how many came."""
        packets = self.between(since, until)
        with_it = sum(1 for packet in packets if level(packet.samples, tone or self.tone) > 0.1)
        return (with_it / len(packets) if packets else 0.0), len(packets)

    def returned(self, since, until=None):
        """Packets with the tone that came, over those that were sent in that time: what an echo lost is missing."""
        sent = sum(1 for at in list(self.sent) if since <= at < (until or math.inf))
        share, came = self.heard(since, until)
        return share * came / sent if sent else 0.0

    def longest_gap(self, since, until):
        """The longest time without a packet, in milliseconds."""
        times = [since] + [packet.at for packet in self.between(since, until)] + [until]
        return max(b - a for a, b in zip(times, times[1:])) * 1000

    def close(self):
        self.is_open = False
        self.socket.close()


def level(samples, tone, rate=8000):
    """How much of a tone is in the samples; 1 is what we send."""
    if len(samples) < 80:
        return 0.0
    turn = 2 * math.pi * tone / rate
    twice, before, last = 2 * math.cos(turn), 0.0, 0.0  # Goertzel's filter
    for sample in samples:
        before, last = last, sample + twice * last - before
    power = last * last + before * before - twice * last * before
    return 2 * math.sqrt(max(power, 0)) / len(samples) / TONE
