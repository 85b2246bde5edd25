"""The programs under test, and where a case is: its folder, its ports, its addresses."""
import atexit
import json
import os
import signal
import socket
import subprocess
import tempfile
import time

BIN = os.path.realpath(os.environ.get("SVETLANA_BIN") or
                       os.path.join(os.path.dirname(__file__), "../../../.build/debug"))
OUT = os.environ.get("OUT") or tempfile.mkdtemp()
PORT = int(os.environ.get("LAB_PORT", "5060"))
LAB = os.environ.get("LAB") or os.path.join(os.path.dirname(os.path.realpath(__file__)), "../lab")
# What the registrars of our own want; a name that is not the extension, as on a 3CX.
AUTH, PASSWORD = "Xq3dK9", "secret"
_started = []


class Program:
    """A program in the background, with OUT/NAME.out."""

    def __init__(self, arguments, name, environment=None):
        self.path = f"{OUT}/{name}.out"
        with open(self.path, "ab") as out:
            self.process = subprocess.Popen(arguments, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT,
                                            env={**os.environ, **(environment or {})})
        self.pid = self.process.pid
        _started.append(self)

    @property
    def text(self):
        with open(self.path, errors="replace") as file:
            return file.read()

    @property
    def log_bytes(self):
        return os.path.getsize(self.path)

    @property
    def is_alive(self):
        return self.process.poll() is None

    @property
    def memory(self):
        """Resident, in MiB."""
        with open(f"/proc/{self.pid}/status") as file:
            return next(int(line.split()[1]) for line in file if line.startswith("VmRSS:")) / 1024

    @property
    def processor(self):
        """Seconds of processor time so far."""
        with open(f"/proc/{self.pid}/stat") as file:
            fields = file.read().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def wait_for(self, words, seconds):
        end = time.time() + seconds
        while time.time() < end:
            if words in self.text:
                return True
            if not self.is_alive:
                break
            time.sleep(0.05)
        return words in self.text

    def end(self, seconds=10):
        """Its exit status, or None when it goes on."""
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            return None

    def stop(self, seconds=5):
        if self.is_alive:
            self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.wait()


@atexit.register
def _stop_all():
    for program in _started:
        if program.is_alive:
            program.process.terminate()
    for program in _started:
        try:
            program.process.wait(4)
        except subprocess.TimeoutExpired:
            program.process.kill()


class Bot(Program):
    """`svetlana run`, as an extension of PBX (HOST:PORT), listening on an address of its own; or, where it does not run,
    only its configuration."""

    def __init__(self, name, host, pbx=None, sip=(), sections="", level="debug", arguments=(), environment=None,
                 no_input_after=60, account=("200", AUTH, PASSWORD), runs=True):
        folder = f"{OUT}/{name}"
        os.makedirs(folder, mode=0o700, exist_ok=True)
        os.chmod(folder, 0o700)
        self.name, self.host, self.port = name, host, PORT
        self.configuration, self.socket = f"{folder}/svetlana.yaml", f"{folder}/control.sock"
        lines = ["owner: {name: Ann, extension: 100}", "sip:", f"  extension: {account[0]}",
                 f"  auth_id: {account[1]}", f"  password: {account[2]}", f"  port: {PORT}",
                 '  rtp_ports: "31000-31999"', f"  local_address: {host}",
                 *(f"  {line}" for line in sip), *([f"  pbx: {pbx}"] if pbx else []),
                 f"control: {{socket: {self.socket}}}", f"log: {{level: {level}, redact: false}}",
                 f"conversation: {{no_input_after: {no_input_after}}}", sections]
        with open(os.open(self.configuration, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write("\n".join(lines) + "\n")
        if runs:
            super().__init__([f"{BIN}/svetlana", "run", "--config", self.configuration, *arguments], name,
                             environment=environment)

    @property
    def address(self):
        return self.host, self.port

    @property
    def uri(self):
        return f"sip:200@{self.host}:{self.port}"

    def control(self, line, seconds=5):
        """What the running bot answers to a line on its control socket: the parsed answer, or None."""
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(seconds)
            try:
                connection.connect(self.socket)
                connection.sendall((line if isinstance(line, str) else json.dumps(line)).encode() + b"\n")
                return json.loads(connection.makefile().readline() or "null")
            except (OSError, ValueError):
                return None

    def status(self):
        answer = (self.control({"status": {}}) or {}).get("status") or {}
        return answer.get("_0", answer)

    def is_up(self, seconds=30):
        """Waits until it is registered, or, if it is not to be, until it answers."""
        end = time.time() + seconds
        while time.time() < end and self.is_alive:
            status = self.status()
            if status and (status["isRegistered"] or not status["registersAtAll"]):
                return True
            time.sleep(0.1)
        return False

    def call(self, target, *more, name="call", seconds=40):
        """`svetlana call` beside it: its exit status and what it printed."""
        done = subprocess.run([f"{BIN}/svetlana", "call", target, "--config", self.configuration, *more],
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=seconds)
        with open(f"{OUT}/{self.name}-{name}.out", "a") as out:
            out.write(done.stdout + done.stderr)
        return done.returncode, (done.stdout + done.stderr).strip()


class Lab:
    """The PBX of ../lab, at 127.0.0.1:PORT; settings are those of lab/env."""

    def __init__(self, starts=True, **settings):
        self.environment = {**os.environ, "LAB_PORT": str(PORT), "LAB_HOST": "127.0.0.1",
                            "LAB_DIR": os.environ.get("LAB_DIR") or f"{OUT}/lab",
                            **{f"LAB_{name.upper()}": str(value) for name, value in settings.items()}}
        self.address = f"127.0.0.1:{PORT}"
        if starts:
            atexit.register(self.down)
            self.up()

    def run(self, script, *arguments):
        return subprocess.run([f"{LAB}/{script}", *arguments], env=self.environment, stdin=subprocess.DEVNULL,
                              capture_output=True, text=True)

    def up(self):
        done = self.run("up")
        if done.returncode:
            raise RuntimeError(f"the lab did not come up: {done.stdout}{done.stderr}")

    def down(self):
        self.run("down")

    def account(self, extension):
        """Its number, authentication ID and password."""
        with open(f"{LAB}/users") as users:
            return next(tuple(line.split()) for line in users if line.startswith(extension + " "))

    def contacts(self, extension):
        found, current = [], None
        for line in self.run("ctl", "ul.dump").stdout.splitlines():
            name, _, value = line.strip().partition(": ")
            if name == "AoR":
                current = value
            elif name == "Address" and current == extension:
                found.append(value)
        return found


def echo_phone(name, registrar, user="200", auth=AUTH, password=PASSWORD):
    """The example that says back what it hears, registering at HOST:PORT."""
    return Program([f"{BIN}/EchoPhone", f"sip:{user}@{registrar}", auth, password], name)


def sipctl(name, *arguments, seconds=30):
    """Runs sipctl with the account of AUTH: its exit status and what it printed."""
    secret = f"{OUT}/password"
    if not os.path.exists(secret):
        with open(os.open(secret, os.O_WRONLY | os.O_CREAT, 0o600), "w") as file:
            file.write(PASSWORD + "\n")
    program = Program([f"{BIN}/sipctl", *arguments, "--auth-user", AUTH, "--password-file", secret], name)
    return program.end(seconds), program.text
