"""A PBX of a few lines: it registers extensions, is called, and calls."""
import threading
import time

from . import programs
from .sip import Peer, description, digest, token


class Registrar(Peer):
    """Answers REGISTER with 200 and the Contact as it came. With a realm it challenges first, by 407 as a 3CX or by 401,
    and checks the digest."""

    def __init__(self, host, port=None, realm=None, challenge=407, expires=60, **more):
        super().__init__(host, port or programs.PORT, **more)
        self.realm, self.challenge, self.expires = realm, challenge, expires
        self.bound = threading.Event()
        self.registers, self.target = [], None
        self.on["REGISTER"] = self.register

    @property
    def address(self):
        return f"{self.host}:{self.port}"

    def proven(self, request, realm=None, status=None):
        """Whether the request carries the right digest for the realm."""
        name = "Proxy-Authorization" if (status or self.challenge) == 407 else "Authorization"
        for value in request.all(name):
            right, fields = digest(programs.AUTH, programs.PASSWORD, request.method, value)
            if right and fields.get("realm") == (realm or self.realm):
                return True
        return False

    def ask_for_proof(self, request, *realms, status=None, **more):
        status = status or self.challenge
        name = "Proxy-Authenticate" if status == 407 else "WWW-Authenticate"
        self.respond(request, status, headers=[f'{name}: Digest realm="{realm}", nonce="{token()}"'
                                               for realm in realms or [self.realm]], **more)

    def register(self, request):
        self.registers.append(request)
        if self.realm and not self.proven(request):
            self.ask_for_proof(request)
        else:
            self.accept(request)

    def accept(self, request, contacts=None, headers=()):
        """200, with the binding as it was asked for, or with other Contact lines."""
        if is_removal(request) or not request.get("Contact"):  # or a question: RFC 3261 10.2.3
            self.respond(request, 200)
            return
        self.target = request.contact
        if contacts is None:
            contacts = [f"<{request.contact}>;expires={self.expires}"]
        self.respond(request, 200, headers=[*(f"Contact: {contact}" for contact in contacts), *headers])
        self.bound.set()

    def await_binding(self, seconds=20):
        """The contact that was registered; raises when none was."""
        if not self.bound.wait(seconds):
            raise TimeoutError(f"nobody registered at {self.address} within {seconds} s")
        return self.target

    def take_calls(self, audio=None, realm=None, ring=0.0):
        """Answers each INVITE without a To tag with 200; with a realm only after a 407 for it. The list that it returns
        gets the INVITEs that were answered."""
        taken = []

        def invited(request):
            if request.tag("To"):
                return
            if realm and not self.proven(request, realm, 407):
                self.ask_for_proof(request, realm, status=407, tag="c" + token())
                return
            if any(request.get("Via") == one.get("Via") for one in taken):
                return
            taken.append(request)
            if audio:
                audio.to = request.media
            self.respond(request, 180, tag="callee")
            if ring:
                time.sleep(ring)
            port = audio.port if audio else 9
            self.respond(request, 200, headers=[f"Contact: <sip:callee@{self.host}:{self.port}>"],
                         body=description(self.host, port), tag="callee")
        self.on["INVITE"] = lambda request: threading.Thread(target=invited, args=(request,), daemon=True).start()
        self.on["BYE"] = lambda request: self.respond(request, 200)
        return taken


def is_removal(request):
    return "expires=0" in request.get("Contact").replace(" ", "") or request.get("Expires") == "0"


def gaps(messages):
    """Seconds from each to the next, one decimal."""
    return [round(b.at - a.at, 1) for a, b in zip(messages, messages[1:])]
