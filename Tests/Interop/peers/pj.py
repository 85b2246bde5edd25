"""A phone that is pjsip's (pjsua2): one thread, no sound device, tones and files in place of them."""
import array
import ctypes
import glob
import os
import time
import wave

import pjsua2 as pj

from .programs import OUT
from .rtp import TONE, level

# The wheel's OpenSSL 1.0 knows MD5 only when it has been told to, which pjsip leaves to others.
for library in glob.glob(os.path.join(os.path.dirname(pj.__file__), "../pjsua2_python.libs/libcrypto*")):
    ctypes.CDLL(library).OpenSSL_add_all_digests()

RATE = 16_000
LATE_OFFER, UNHOLD = pj.PJSUA_CALL_NO_SDP_OFFER, pj.PJSUA_CALL_UNHOLD


class PjCall(pj.Call):
    """A call: its states, the responses to its requests, what it says and what it heard."""

    def __init__(self, phone, account, identifier=pj.PJSUA_INVALID_ID):
        super().__init__(account, identifier)
        self.phone, self.account = phone, account
        self.state, self.status, self.transfers, self.responses = "", 0, [], []
        self.audio = self.recorder = None
        phone.calls.append(self)

    def onCallState(self, prm):
        info = self.getInfo()
        self.state, self.status = info.stateText, info.lastStatusCode
        self.phone.tell(f"{self.state} {self.status} {info.lastReason}")

    def onCallMediaState(self, prm):
        info = self.getInfo()  # kept, as its parts live no longer than it does
        for index, medium in enumerate(info.media):
            if medium.type == pj.PJMEDIA_TYPE_AUDIO and medium.status == pj.PJSUA_CALL_MEDIA_ACTIVE:
                self.audio = self.getAudioMedia(index)
                self.phone.sound.startTransmit(self.audio)
                if self.recorder:
                    self.audio.startTransmit(self.recorder)
                return
        self.audio = None

    def onCallTransferStatus(self, prm):
        self.transfers.append(prm.statusCode)

    def onCallTsxState(self, prm):
        tsx = prm.e.body.tsxState.tsx
        if tsx.role == pj.PJSIP_ROLE_UAC and tsx.statusCode >= 200 and tsx.statusCode not in (401, 407):
            self.responses.append((tsx.method, tsx.statusCode))

    @property
    def is_up(self):
        return self.state == "CONFIRMED"

    @property
    def is_over(self):
        return self.state in ("DISCONNCTD", "DISCONNECTED")

    @property
    def codec(self):
        stream = self.getStreamInfo(0)
        return f"{stream.codecName}/{stream.codecClockRate}"

    def parameters(self, status=200, flags=0):
        parameters = pj.CallOpParam(True)
        parameters.statusCode = status
        if flags:
            parameters.opt.flag = flags
        return parameters

    def response(self, method, seconds=4):
        """The status of the next final response to a request of this method, or None."""
        self.phone.until(lambda: any(one[0] == method for one in self.responses), seconds)
        for index, (name, status) in enumerate(self.responses):
            if name == method:
                del self.responses[index]
                return status
        return None

    def listen(self, seconds, name):
        """Records what it hears for so long; the samples, of RATE."""
        path = f"{OUT}/{name}.wav"
        self.recorder = pj.AudioMediaRecorder()
        self.recorder.createRecorder(path)
        if self.audio:
            self.audio.startTransmit(self.recorder)
        self.phone.until(lambda: self.is_over, seconds)
        return self.heard(path)

    def record(self, name):
        """Records from now on, also what comes before the answer."""
        self.recorder = pj.AudioMediaRecorder()
        self.recorder.createRecorder(f"{OUT}/{name}.wav")

    def heard(self, path=None, name=None):
        if self.audio and not self.is_over:
            self.audio.stopTransmit(self.recorder)
        self.recorder = None  # pjsip writes the header when it closes the file, which it does a little later
        samples = array.array("h")

        def is_written():
            try:
                with wave.open(path or f"{OUT}/{name}.wav") as file:
                    samples.frombytes(file.readframes(file.getnframes()))
                return True
            except (EOFError, wave.Error):
                return False
        self.phone.until(is_written, 2)
        return samples

    def end(self, status=0):
        if not self.is_over:
            try:
                self.hangup(self.parameters(status))
            except pj.Error as error:
                self.phone.tell(error.reason)
        self.phone.until(lambda: self.is_over, 4)


class PjAccount(pj.Account):
    def __init__(self, phone):
        super().__init__()
        self.phone = phone

    def onRegState(self, prm):
        self.phone.tell(f"REGISTER {prm.code}")
        self.phone.registered = prm.code

    def onIncomingCall(self, prm):
        call = PjCall(self.phone, self, prm.callId)
        self.phone.tell("is called")
        self.phone.on_call(call)


class PjPhone:
    """pjsip on an address of its own; `codecs` are those that it has."""

    def __init__(self, host, pbx, account):
        self.host, self.pbx, self.credentials = host, pbx, account
        self.calls, self.accounts, self.registered, self.trace = [], [], 0, open(f"{OUT}/pjsua2.out", "a")
        self.on_call = lambda call: call.answer(call.parameters(200))
        self.endpoint = pj.Endpoint()
        self.endpoint.libCreate()
        settings = pj.EpConfig()
        settings.logConfig.level, settings.logConfig.consoleLevel, settings.logConfig.msgLogging = 5, 0, 1
        settings.logConfig.filename = f"{OUT}/pjsua2.log"
        settings.uaConfig.threadCnt, settings.uaConfig.mainThreadOnly, settings.uaConfig.maxCalls = 0, True, 16
        settings.medConfig.clockRate = settings.medConfig.sndClockRate = RATE
        settings.medConfig.noVad, settings.medConfig.ecTailLen = True, 0
        self.endpoint.libInit(settings)
        self.endpoint.audDevManager().setNullDev()
        transport = pj.TransportConfig()
        transport.boundAddress, transport.port = host, 0
        self.transport = self.endpoint.transportCreate(pj.PJSIP_TRANSPORT_UDP, transport)
        self.endpoint.libStart()
        self.codecs = [codec.codecId for codec in self.endpoint.codecEnum2()]
        self.sound = pj.ToneGenerator()
        self.sound.createToneGenerator(RATE)
        self.tone(500)
        self.account = self.add_account(registers=True)

    def tell(self, words):
        print(f"{time.time():.2f} {words}", file=self.trace, flush=True)

    def tone(self, frequency):
        tone = pj.ToneDesc()
        tone.freq1, tone.freq2, tone.on_msec, tone.off_msec, tone.volume = frequency, 0, 1000, 0, TONE
        tones = pj.ToneDescVector()
        tones.append(tone)
        self.sound.stop()  # else it goes behind what is played in a loop
        self.sound.play(tones, True)

    def add_account(self, registers=False, change=None):
        extension, name, password = self.credentials
        settings = pj.AccountConfig()
        settings.idUri, settings.regConfig.registrarUri = f"sip:{extension}@{self.pbx}", f"sip:{self.pbx}"
        settings.regConfig.registerOnAdd, settings.regConfig.timeoutSec = registers, 120
        settings.sipConfig.authCreds.append(pj.AuthCredInfo("digest", "*", name, 0, password))
        settings.sipConfig.transportId = self.transport
        settings.mediaConfig.transportConfig.boundAddress = self.host
        settings.natConfig.contactRewriteUse = 0
        if change:
            change(settings)
        account = PjAccount(self)
        account.create(settings)
        self.accounts.append(account)
        if registers:
            self.until(lambda: self.registered, 10)
        return account

    def until(self, done, seconds):
        """Lets things happen until it is done; whether it was."""
        end = time.time() + seconds
        while not done():
            if time.time() > end:
                return False
            self.endpoint.libHandleEvents(10)
        return True

    def wait(self, seconds):
        self.until(lambda: False, seconds)

    def only(self, *codecs):
        """Uses these codecs, in this order."""
        for codec in self.codecs:
            self.endpoint.codecSetPriority(codec, 0)
        for index, codec in enumerate(codecs):
            self.endpoint.codecSetPriority(codec, 254 - index)

    def call(self, extension, account=None, flags=0, seconds=8):
        """Calls; the call, when it was answered or refused."""
        call = PjCall(self, account or self.account)
        try:
            call.makeCall(f"sip:{extension}@{self.pbx}", call.parameters(0, flags))
        except pj.Error as error:
            raise RuntimeError(error.info()) from None
        self.until(lambda: call.is_up or call.is_over, seconds)
        if call.is_up:
            self.until(lambda: call.audio, 2)
        return call

    def play(self, path):
        """Says a file into all calls that are up."""
        player = pj.AudioMediaPlayer()
        player.createPlayer(path, pj.PJMEDIA_FILE_NO_LOOP)
        for call in self.calls:
            if call.audio and call.is_up:
                player.startTransmit(call.audio)
        return player

    def close(self):
        for call in self.calls:
            call.end()
        self.tell("the end")


def tone_share(samples, tone, rate=RATE):
    """The share of tenths of a second in which a tone is."""
    size = rate // 10
    parts = [samples[i:i + size] for i in range(0, len(samples) - size + 1, size)]
    return sum(1 for part in parts if level(part, tone, rate) > 0.2) / len(parts) if parts else 0.0


def spoken(samples, rate=RATE):
    """Seconds in which something was said."""
    size = rate // 50
    return sum(0.02 for i in range(0, len(samples) - size, size) if max(samples[i:i + size], default=0) > 500)
