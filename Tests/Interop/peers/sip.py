"""A SIP endpoint over UDP that does what a case tells it, right or wrong."""
import hashlib
import random
import re
import socket
import sys
import threading
import time


def token(length=8):
    return "%0*x" % (length, random.getrandbits(4 * length))


class Message:
    """A request or a response as it came, with its headers in order."""

    def __init__(self, raw, source):
        self.raw, self.source, self.at = raw, source, time.time()
        head, _, self.body = raw.partition(b"\r\n\r\n")
        lines = head.decode("utf-8", "replace").split("\r\n")
        self.start = lines[0]
        self.headers = []
        for line in lines[1:]:
            name, _, value = line.partition(":")
            self.headers.append((name.strip(), value.strip()))
        self.is_request = not self.start.startswith("SIP/2.0")
        words = self.start.split(" ")
        self.method = words[0] if self.is_request else None
        self.uri = words[1] if self.is_request else None
        self.status = int(words[1]) if not self.is_request else None

    def all(self, name):
        return [value for key, value in self.headers if key.lower() == name.lower()]

    def get(self, name, default=""):
        return next(iter(self.all(name)), default)

    def tag(self, name):
        match = re.search(r";tag=([^;\s]+)", self.get(name))
        return match.group(1) if match else None

    @property
    def number(self):
        return int(self.get("CSeq").split()[0])

    @property
    def of(self):
        """The method that it belongs to."""
        return self.get("CSeq").split()[-1]

    @property
    def call(self):
        return self.get("Call-ID")

    @property
    def contact(self):
        match = re.search(r"<([^>]+)>", self.get("Contact"))
        return match.group(1) if match else self.get("Contact").split(";")[0]

    @property
    def media(self):
        """Where its description wants audio."""
        text = self.body.decode("utf-8", "replace")
        return re.search(r"c=IN IP4 (\S+)", text).group(1), int(re.search(r"m=audio (\d+)", text).group(1))


def host_and_port(uri):
    match = re.match(r"(?i)sips?:(?:[^@]*@)?(\[[^\]]+\]|[^:;?>]+)(?::(\d+))?", uri)
    return match.group(1), int(match.group(2) or 5060)


def description(host, port, numbers="0 101", attributes=(), direction=None):
    """An offer or an answer of PCMU and keys."""
    lines = ["v=0", f"o=- 1000 {random.getrandbits(20)} IN IP4 {host}", "s=-", f"c=IN IP4 {host}", "t=0 0",
             f"m=audio {port} RTP/AVP {numbers}"]
    if "101" in numbers.split():
        lines += ["a=rtpmap:101 telephone-event/8000", "a=fmtp:101 0-15"]
    lines += list(attributes) + ([f"a={direction}"] if direction else [])
    return "\r\n".join(lines) + "\r\n"


class Peer:
    """One socket, whose receiver keeps all that comes; `on[METHOD]` answers requests by itself."""

    def __init__(self, host, port, verbose=False):
        self.host, self.verbose = host, verbose
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        self.socket.bind((host, port))
        self.socket.settimeout(0.2)
        self.port = self.socket.getsockname()[1]
        self.log, self.taken, self.news = [], set(), threading.Condition()
        self.acknowledged = {}  # the ACK of each 2xx by Call-ID and number, for its retransmissions
        self.on = {"OPTIONS": lambda message: self.respond(message, 200)}
        self.is_open = True
        threading.Thread(target=self._receive, daemon=True).start()

    def _receive(self):
        while self.is_open:
            try:
                raw, source = self.socket.recvfrom(65535)
            except TimeoutError:
                continue
            except OSError:
                return
            if b"SIP/2.0" not in raw:
                continue
            message = Message(raw, source)
            if self.verbose:
                print("<<<", "%.3f" % message.at, message.start, message.get("CSeq"), source, file=sys.stderr)
            with self.news:
                self.log.append(message)
                self.news.notify_all()
            if not message.is_request and 200 <= message.status < 300 and message.of == "INVITE":
                # RFC 3261 13.2.2.4: each 2xx that comes again wants its ACK again.
                again = self.acknowledged.get((message.call, message.number))
                if again:
                    self.send(*again)
            if message.is_request and message.method in self.on:
                try:
                    self.on[message.method](message)
                except Exception as error:
                    print(f"peer {self.host}: {message.method}: {error!r}", file=sys.stderr)

    def send(self, data, to):
        data = data.encode() if isinstance(data, str) else data
        if self.verbose:
            print(">>>", "%.3f" % time.time(), data.split(b"\r\n")[0][:80], to, file=sys.stderr)
        try:
            self.socket.sendto(data, to)
        except OSError:
            pass  # closed, or nobody is there any more

    def wait(self, wanted, seconds=4):
        """The next message that is wanted and was not taken before, or None."""
        end, index = time.time() + seconds, 0
        with self.news:
            while True:
                while index < len(self.log):
                    if index not in self.taken and wanted(self.log[index]):
                        self.taken.add(index)
                        return self.log[index]
                    index += 1
                left = end - time.time()
                if left <= 0:
                    return None
                self.news.wait(left)

    def request(self, method, seconds=4, call=None):
        return self.wait(lambda m: m.method == method and call in (None, m.call), seconds)

    def requests(self, method, call=None):
        with self.news:
            return [m for m in self.log if m.method == method and call in (None, m.call)]

    def responses(self, call=None, of=None):
        with self.news:
            return [m for m in self.log if not m.is_request and call in (None, m.call) and of in (None, m.of)]

    def respond(self, request, status, reason=None, headers=(), body="", tag=None, by=None):
        """Answers a request where it came from (RFC 3261 18.2.2); `by` is another peer whose socket does it."""
        reasons = {100: "Trying", 180: "Ringing", 183: "Session Progress", 200: "OK", 401: "Unauthorized",
                   403: "Forbidden", 407: "Proxy Authentication Required", 487: "Request Terminated", 603: "Decline"}
        lines = [f"SIP/2.0 {status} {reason or reasons.get(status, 'Because')}"]
        for index, via in enumerate(request.all("Via")):
            if index == 0 and re.search(r";rport(;|$)", via):
                via = re.sub(r";rport(?=;|$)", f";rport={request.source[1]};received={request.source[0]}", via)
            lines.append("Via: " + via)
        lines += ["Record-Route: " + value for value in request.all("Record-Route")]
        to = request.get("To")
        if ";tag=" not in to and status > 100:
            to += ";tag=" + (tag or "t" + token())
        lines += ["From: " + request.get("From"), "To: " + to, "Call-ID: " + request.call,
                  "CSeq: " + request.get("CSeq"), *headers]
        if body:
            lines.append("Content-Type: application/sdp")
        lines.append(f"Content-Length: {len(body)}")
        (by or self).send("\r\n".join(lines) + "\r\n\r\n" + body, request.source)

    def close(self):
        self.is_open = False
        self.socket.close()


class Call:
    """A call from a peer to the program under test."""

    def __init__(self, peer, target, user="100", display="Caller", audio=None, headers=()):
        self.peer, self.target, self.remote, self.audio = peer, target, target, audio
        self.to_address = host_and_port(target)
        self.id, self.tag, self.number = token(16) + "@interop", "f" + token(), 1
        self.sender = f'"{display}" <sip:{user}@{peer.host}:{peer.port}>'
        self.contact = f"<sip:{user}@{peer.host}:{peer.port}>"
        self.remote_tag, self.headers, self.last = None, list(headers), b""

    def build(self, method, number=None, headers=(), body="", peer=None, branch=None, remote_tag=None, tag=None):
        peer = peer or self.peer
        lines = [f"{method} {self.remote} SIP/2.0",
                 f"Via: SIP/2.0/UDP {peer.host}:{peer.port};branch={branch or 'z9hG4bK' + token(12)};rport",
                 "Max-Forwards: 70", f"From: {self.sender};tag={tag or self.tag}",
                 f"To: <{self.target}>" + (f";tag={remote_tag or self.remote_tag}"
                                           if remote_tag or self.remote_tag else ""),
                 f"Call-ID: {self.id}", f"CSeq: {number or self.number} {method}"]
        if method != "ACK":
            lines.append("Contact: " + self.contact)
        lines += list(headers)
        if body:
            lines.append("Content-Type: application/sdp")
        lines.append(f"Content-Length: {len(body)}")
        return ("\r\n".join(lines) + "\r\n\r\n" + body).encode()

    def send(self, method, number=None, **more):
        """Sends a request of the dialog; its number."""
        if number is None:
            self.number += 1
            number = self.number
        self.peer.send(self.build(method, number, **more), self.to_address)
        return number

    def final(self, method, number, seconds=4):
        return self.peer.wait(lambda m: not m.is_request and m.status >= 200 and m.call == self.id
                              and m.of == method and m.number == number, seconds)

    def ask(self, method, seconds=4, **more):
        """Sends a request of the dialog and repeats it as a client transaction does (RFC 3261 17.1.2); its final
        response, or None."""
        self.number += 1
        return self._ask(method, self.build(method, self.number, **more), seconds)

    def _ask(self, method, data, seconds):
        end, pause = time.time() + seconds, 0.5
        while time.time() < end:
            self.peer.send(data, self.to_address)
            final = self.final(method, self.number, min(pause, end - time.time()))
            if final:
                return final
            pause = min(2 * pause, 4) if method != "INVITE" else 2 * pause
        return None

    def invite(self, body, seconds=5, headers=(), acknowledge=True, **more):
        """An INVITE or a re-INVITE with its ACK; the final response, or None."""
        if self.remote_tag:
            self.number += 1
        self.last = self.build("INVITE", headers=[*self.headers, *headers], body=body, **more)
        final = self._ask("INVITE", self.last, seconds)
        if final and final.status < 300:
            self.remote_tag, self.remote = final.tag("To"), final.contact or self.remote
            if self.audio and final.body:
                self.audio.to = final.media
            if acknowledge:
                self.acknowledge()
        elif final and acknowledge:
            branch = re.search(rb"branch=([^;\r]+)", self.last).group(1).decode()
            self.peer.send(self.build("ACK", remote_tag=final.tag("To"), branch=branch), self.to_address)
        return final

    def acknowledge(self, body=""):
        data = self.build("ACK", body=body), self.to_address
        self.peer.acknowledged[self.id, self.number] = data
        self.peer.send(*data)

    def end(self, seconds=4):
        return self.ask("BYE", seconds)


def digest(user, password, method, header):
    """Whether an Authorization value is right (MD5, with or without qop), and its fields."""
    fields = {key.lower(): quoted or plain
              for key, quoted, plain in re.findall(r'(\w+)\s*=\s*(?:"([^"]*)"|([^,\s]+))', header)}

    def hashed(text):
        return hashlib.md5(text.encode()).hexdigest()
    first = hashed(f"{user}:{fields.get('realm')}:{password}")
    second = hashed(f"{method}:{fields.get('uri')}")
    if fields.get("qop"):
        wanted = hashed(f"{first}:{fields.get('nonce')}:{fields.get('nc')}:{fields.get('cnonce')}:"
                        f"{fields['qop']}:{second}")
    else:
        wanted = hashed(f"{first}:{fields.get('nonce')}:{second}")
    return wanted == fields.get("response") and fields.get("username") == user, fields
