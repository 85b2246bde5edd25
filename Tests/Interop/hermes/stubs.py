#!/usr/bin/env python3
"""What stands around Hermes Agent and the bot in a house, in one small server:

  /v1/chat/completions, /v1/models      the language model behind Hermes; always asked for a stream
  /api/...                              Home Assistant, which Hermes' tools ask
  /v1/audio/transcriptions              speaches (faster-whisper); pocketsphinx transcribes
  /v1/audio/speech, /v1/audio/voices    Kokoro-FastAPI; its voice is flite

    stubs.py PORT FOLDER

It follows the wire formats and checks the requests: one that is wrong is refused as the real server would and told
in FOLDER/wrong. What it was asked stands in FOLDER/seen, a line of JSON each, with the time.
"""
import email.parser
import email.policy
import http.server
import io
import json
import os
import re
import subprocess
import sys
import threading
import time
import wave

LAB = os.environ["LAB"]
PORT, FOLDER = int(sys.argv[1]), sys.argv[2]
STT_MODEL, VOICE, TOKEN = "Systran/faster-distil-whisper-small.en", "af_heart", "stub-token"
LIGHT = {"entity_id": "light.kitchen", "state": "off", "attributes": {"friendly_name": "Kitchen light"},
         "last_changed": "2026-01-01T00:00:00+00:00", "last_updated": "2026-01-01T00:00:00+00:00"}
lock = threading.Lock()


def note(file, **what):
    with lock, open(os.path.join(FOLDER, file), "a") as out:
        out.write(json.dumps({"at": round(time.time(), 3), **what}) + "\n")


class Refused(Exception):
    def __init__(self, status, body):
        super().__init__(body)
        self.status, self.body = status, body


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "stubs"

    def log_message(self, *_):
        pass

    # Answers

    def answer(self, status, body, kind="application/json"):
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def begin_chunks(self, kind):
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()

    def chunk(self, data):
        self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))
        self.wfile.flush()

    def serve(self, routes):
        length = int(self.headers.get("Content-Length") or 0)
        self.body = self.rfile.read(length)
        path = self.path.split("?")[0]
        try:
            for pattern, handle in routes:
                found = re.fullmatch(pattern, path)
                if found:
                    return handle(*found.groups())
            raise FileNotFoundError
        except Refused as refused:
            note("wrong", path=path, why=refused.body)
            self.answer(refused.status, refused.body)
        except FileNotFoundError:
            self.answer(404, {"detail": "Not Found"})
        except (BrokenPipeError, ConnectionResetError):
            note("seen", path=path, event="the client went away")
            self.close_connection = True

    def do_GET(self):
        self.serve([
            ("/health", lambda: self.answer(200, {"status": "healthy"})),
            ("/v1/models", lambda: self.answer(200, {"object": "list", "data": [
                {"id": name, "object": "model", "created": 0, "owned_by": "stub"}
                for name in ("stub", "kokoro", STT_MODEL)]})),
            ("/v1/audio/voices", lambda: self.answer(200, {"voices": [{"id": VOICE, "name": VOICE}]})),
            ("/api/", lambda: self.house({"message": "API running."})),
            ("/api/states", lambda: self.house([LIGHT])),
            ("/api/states/light.kitchen", lambda: self.house(LIGHT)),
            ("/api/services", lambda: self.house([
                {"domain": "light", "services": {"turn_on": {"description": "Turns on"}, "turn_off": {}}}])),
        ])

    def do_POST(self):
        self.serve([
            ("/v1/chat/completions", self.chat),
            ("/v1/audio/transcriptions", self.transcribe),
            ("/v1/audio/speech", self.speak),
            (r"/api/services/(\w+)/(\w+)", self.service),
        ])

    # Home Assistant

    def house(self, body):
        if self.headers.get("Authorization") != f"Bearer {TOKEN}":
            raise Refused(401, {"message": "401: Unauthorized"})
        self.answer(200, body)

    def service(self, domain, name):
        data = json.loads(self.body or b"{}")
        note("seen", path=self.path, event="service", service=f"{domain}.{name}", data=data)
        if domain == "light":
            LIGHT["state"] = "on" if name == "turn_on" else "off"
        self.house([LIGHT])

    # The language model behind Hermes

    def chat(self):
        request = json.loads(self.body)
        messages = request["messages"]
        if not request.get("stream"):
            raise Refused(400, {"error": {"message": "this model only streams"}})
        last = messages[-1]
        text = last["content"] if isinstance(last["content"], str) else json.dumps(last["content"])
        tools = {tool["function"]["name"] for tool in request.get("tools", [])}
        system = next((str(m["content"]) for m in messages if m["role"] == "system"), "")
        note("seen", path=self.path, event="model", role=last["role"], text=text, tools=sorted(tools),
             phone="Svetlana" in system, history=[m["role"] for m in messages])
        self.begin_chunks("text/event-stream")
        self.delta({"role": "assistant"})
        if last["role"] == "tool":
            # The second sentence comes late: the first one must have been spoken by then.
            self.words("I have turned on the light in the kitchen. ")
            time.sleep(2)
            self.words("What else can I do for you today?")
            self.end("stop")
        elif re.search(r"\b(lights?|kitchen)\b", text.lower()) and "ha_call_service" in tools:
            self.words("Let me see. ")
            self.delta({"tool_calls": [{"index": 0, "id": "call_1", "type": "function", "function": {
                "name": "ha_call_service", "arguments": ""}}]})
            arguments = json.dumps({"domain": "light", "service": "turn_on", "entity_id": "light.kitchen"})
            for part in (arguments[:20], arguments[20:]):
                self.delta({"tool_calls": [{"index": 0, "function": {"arguments": part}}]})
            self.end("tool_calls")
        elif "ready" in text:
            self.words("Ready.")
            self.end("stop")
        else:
            self.words("The windows are closed and the front door is locked.")
            self.end("stop")

    def event(self, body):
        self.chunk(b"data: " + json.dumps(body).encode() + b"\n\n")

    def delta(self, delta, reason=None, **more):
        self.event({"id": "chatcmpl-stub", "object": "chat.completion.chunk", "created": int(time.time()),
                    "model": "stub", "choices": [{"index": 0, "delta": delta, "finish_reason": reason}], **more})

    def words(self, text):
        for word in re.findall(r"\S+\s*", text):
            self.delta({"content": word})
            time.sleep(0.03)

    def end(self, reason):
        self.delta({}, reason, usage={"prompt_tokens": 10, "completion_tokens": 10, "total_tokens": 20})
        note("seen", path=self.path, event="model ended", reason=reason)
        self.chunk(b"data: [DONE]\n\n")
        self.chunk(b"")

    # speaches

    def transcribe(self):
        kind = self.headers.get("Content-Type", "")
        if not kind.startswith("multipart/form-data"):
            raise Refused(422, {"detail": f"not a form but {kind}"})
        form = email.parser.BytesParser(policy=email.policy.HTTP).parsebytes(
            b"Content-Type: " + kind.encode() + b"\r\n\r\n" + self.body)
        fields = {}
        for part in form.iter_parts():
            name = part.get_param("name", header="content-disposition")
            fields[name] = part if name == "file" else part.get_payload(decode=True).decode().strip()
        unknown = set(fields) - {"file", "model", "language", "prompt", "hotwords", "response_format", "temperature",
                                 "timestamp_granularities[]", "stream", "without_timestamps"}
        if unknown or not {"file", "model"} <= set(fields):
            raise Refused(422, {"detail": f"fields {sorted(fields)}"})
        if fields["model"] != STT_MODEL:
            raise Refused(404, {"detail": f"Model '{fields['model']}' is not installed locally. You can download the "
                                          "model using `POST /v1/models`"})
        style = fields.get("response_format", "json")
        if style not in ("json", "text", "verbose_json"):
            raise Refused(422, {"detail": f"response_format {style}"})
        if not fields["file"].get_filename():
            raise Refused(422, {"detail": "the file has no name"})
        audio = fields["file"].get_payload(decode=True)
        if fields["file"].get_content_type() in ("audio/pcm", "audio/raw"):
            rate, pcm = 16000, audio
        else:
            try:
                with wave.open(io.BytesIO(audio)) as wav:
                    rate, pcm = wav.getframerate(), wav.readframes(wav.getnframes())
                    if (wav.getnchannels(), wav.getsampwidth()) != (1, 2):
                        raise wave.Error("not 16 bit mono")
                    if wav.getnframes() * 2 != len(pcm) or not pcm:
                        raise wave.Error("shorter than its header says, or empty")
            except (wave.Error, EOFError) as error:
                raise Refused(415, {"detail": f"Failed to decode audio: {error}"})
        seconds = len(pcm) / 2 / rate
        text = self.hear(rate, pcm)
        note("seen", path=self.path, event="heard", text=text, rate=rate, seconds=round(seconds, 2), format=style,
             language=fields.get("language"))
        if style == "text":
            return self.answer(200, text.encode(), "text/plain")
        if style == "json":
            return self.answer(200, {"text": text})
        segment = {"id": 0, "seek": 0, "start": 0.0, "end": seconds, "text": " " + text, "tokens": [],
                   "temperature": 0.0, "avg_logprob": -0.2, "compression_ratio": 1.0, "no_speech_prob": 0.01}
        self.answer(200, {"task": "transcribe", "language": "en", "duration": seconds, "text": text, "words": None,
                          "segments": [segment] if text else []})

    def hear(self, rate, pcm):
        """Real speech to text; it wants a telephone's band at its own rate, whatever rate it was sent at."""
        wav = os.path.join(FOLDER, f"heard-{time.time():.3f}.wav")
        subprocess.run(["sox", "-t", "raw", "-r", str(rate), "-c", "1", "-b", "16", "-e", "signed", "-", "-r", "8000",
                        wav, "pad", "0.3", "0.3"], input=pcm, check=True)
        heard = subprocess.run([LAB + "/hear", wav], capture_output=True, text=True)
        return " ".join(heard.stdout.split())

    # Kokoro-FastAPI

    def speak(self):
        if self.headers.get("Content-Type", "").split(";")[0] != "application/json":
            raise Refused(422, {"detail": "not JSON"})
        request = json.loads(self.body)
        wrong = None
        if request.get("model") not in ("kokoro", "tts-1", "tts-1-hd", "gpt-4o-mini-tts"):
            wrong = "invalid_model", f"Unsupported model: {request.get('model')}"
        elif request.get("voice") != VOICE:
            wrong = "validation_error", f"Voice '{request.get('voice')}' not found. Available voices: {VOICE}"
        elif not str(request.get("input", "")).strip():
            wrong = "validation_error", "Text is empty after preprocessing"
        elif request.get("response_format") != "pcm":
            wrong = "validation_error", f"this stub speaks pcm, not {request.get('response_format', 'mp3')}"
        elif not 0.25 <= request.get("speed", 1.0) <= 4:
            wrong = "validation_error", f"speed {request['speed']}"
        if wrong:
            raise Refused(400, {"detail": {"error": wrong[0], "message": wrong[1], "type": "invalid_request_error"}})
        note("seen", path=self.path, event="speech", text=request["input"])
        wav = os.path.join(FOLDER, f"spoken-{threading.get_ident()}.wav")
        subprocess.run(["flite", "-voice", "rms", "-t", request["input"], "-o", wav], check=True)
        pcm = subprocess.run(["sox", wav, "-t", "raw", "-b", "16", "-e", "signed", "-r", "24000", "-c", "1", "-",
                              "gain", "-n", "-6"], capture_output=True, check=True).stdout
        self.begin_chunks("audio/pcm")
        # Borders of chunks say nothing about samples, so they fall inside them here.
        for start in range(0, len(pcm), 9601):
            self.chunk(pcm[start:start + 9601])
        self.chunk(b"")


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        error = sys.exc_info()[1]
        if not isinstance(error, (ConnectionError, TimeoutError)):
            note("wrong", why=repr(error))


Server(("127.0.0.1", PORT), Handler).serve_forever()
