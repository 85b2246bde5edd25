"""A back-to-back PBX made of Sippy's user agents: b2bua.py HOST PORT

Extensions register without a challenge and get ten seconds. A call is two dialogs, each with tags, Call-ID and Contact of the
PBX's own; descriptions pass through. REFER of one leg is carried out here: the other leg keeps its dialog and is told of the
new party by a re-INVITE, whose P-Asserted-Identity is another.
"""
import sys

from sippy.CCEvents import CCEventConnect, CCEventDisconnect, CCEventFail, CCEventTry, CCEventUpdate
from sippy.Core.EventDispatcher import ED2
from sippy.SipConf import SipConf
from sippy.SipHeader import SipHeader
from sippy.SipLogger import SipLogger
from sippy.SipTransactionManager import SipTransactionManager
from sippy.UA import UA

EXPIRES = 10
bindings = {}
host, port = sys.argv[1], int(sys.argv[2])


def tell(*words):
    print("b2bua:", *words, flush=True)


class Bridge:
    """Two legs. The first called, the second was called."""

    def __init__(self):
        self.first, self.second, self.joining, self.user = UA(settings, self.receive), None, None, None

    def other(self, leg):
        return self.second if leg is self.first else self.first

    def call(self, extension, data):
        """A leg to an extension, that is to say to where it registered."""
        if extension not in bindings:
            return None
        leg = UA(settings, self.receive, nh_address=bindings[extension])
        leg.recvEvent(CCEventTry(data))
        return leg

    def receive(self, event, leg):
        if self.second is None:
            if not isinstance(event, CCEventTry):
                return
            _, caller, called, body, auth, name = event.getData()
            self.user = caller
            tell("call", caller, "->", called)
            self.second = self.call(called, (None, caller, called, body, None, name))
            if self.second is None:
                self.first.recvEvent(CCEventFail((480, "Temporarily Unavailable")))
        elif leg is self.joining:
            self.join(event)
        elif isinstance(event, CCEventDisconnect) and event.getData() is not None and self.other(leg).isConnected():
            self.transfer(leg, event.getData().getUrl().username)
        elif self.other(leg) is not None:
            self.other(leg).recvEvent(event)

    def transfer(self, leg, extension):
        stays = self.other(leg)
        tell("transfer to", extension)
        # The new party gets what the one that stays last said of itself.
        self.joining = self.call(extension, (None, self.user, extension, stays.rSDP.getCopy(), None, None))
        self.first, self.second, self.target = stays, self.joining, extension
        if self.joining is None:
            stays.recvEvent(CCEventDisconnect())

    def join(self, event):
        if isinstance(event, (CCEventFail, CCEventDisconnect)):
            self.joining = None
            self.first.recvEvent(CCEventDisconnect())
        elif isinstance(event, CCEventConnect):
            self.joining = None
            update = CCEventUpdate(event.getData()[2])
            update.extra_headers = (SipHeader(f"P-Asserted-Identity: <sip:{self.target}@{host}>"),)
            tell("joined, and told so")
            self.first.recvEvent(update)


def received(request, transaction):
    method = request.getMethod()
    if request.getHFBody("to").getTag() is not None:
        return request.genResponse(481, "Call/Transaction Does Not Exist"), None, None
    if method == "INVITE":
        return Bridge().first.recvRequest(request, transaction)
    if method == "REGISTER":
        extension = request.getHFBody("to").getUrl().username
        response = request.genResponse(200, "OK")
        if request.countHFs("contact"):
            contact = request.getHFBody("contact")
            url = None if contact.asterisk else contact.getUrl()
            asked = str(contact.address.params.get("expires", "")) if url else "0"
            if not asked:
                asked = str(request.getHFBody("expires")) if request.countHFs("expires") else "3600"
            if url and int(asked) > 0:
                if bindings.get(extension) != url.getAddr():
                    tell("registered", extension, "%s:%s" % url.getAddr())
                bindings[extension] = url.getAddr()
                response.appendHeader(SipHeader(f"Contact: <{url}>;expires={min(EXPIRES, int(asked))}"))
            else:
                bindings.pop(extension, None)
        return response, None, None
    if method == "OPTIONS":
        return request.genResponse(200, "OK"), None, None
    return request.genResponse(405, "Method Not Allowed"), None, None


SipConf.my_address, SipConf.my_port, SipConf.my_uaname = host, port, "Sippy"
settings = {"_sip_address": host, "_sip_port": port, "_sip_logger": SipLogger("b2bua"), "nh_addr": (host, port)}
settings["_sip_tm"] = SipTransactionManager(settings, received)
tell("ready")
ED2.loop()
