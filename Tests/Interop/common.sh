# What the cases share; they source it. A case may also be run by hand: cases/02-conversation
set -euE
interop=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
: "${LAB:=$interop/lab}" "${LAB_PORT:=5060}" "${OUT:=$(mktemp -d)}" "${SVETLANA_BIN:=$interop/../../.build/debug}"
: "${LAB_DIR:=$OUT/lab}" "${LAB_HOST:=127.0.0.1}"
export LAB LAB_PORT LAB_DIR LAB_HOST OUT SVETLANA_BIN
# The lab has the first four ports of the case's twenty.
BOT_PORT=$((LAB_PORT + 10))
BOT_SOCKET=$OUT/bot.sock
BOT_CONFIG=$OUT/svetlana.yaml
BOT_LOG=$OUT/bot.log
# And as pocketsphinx hears it: it has never been greeted so.
GREETING="hey love talk to me|they love to talk to me"
VOICEMAIL="the person you are calling is not available please leave a message after the tone"
bot=''

# Ending

logs() { # the ends of the logs that are there
	local log
	for log in "$BOT_LOG" "$OUT"/*.out; do
		[ -s "$log" ] || continue
		echo "--- the end of ${log#"$OUT"/}"
		tail -n "${LOG_LINES:-15}" "$log" | cut -c 1-240
	done
}
fail() {
	trap - ERR
	logs
	echo "FAILED: $*"
	exit 1
}
result() { echo "RESULT $*"; }
stop() { # PID [SECONDS]: ends a process of this case's; kills it when that takes longer than 5 SECONDS
	kill "$1" 2> /dev/null || return 0
	local tenth
	for ((tenth = 0; tenth < ${2:-5} * 10; tenth++)); do
		kill -0 "$1" 2> /dev/null || return 0
		sleep 0.1
	done
	kill -9 "$1" 2> /dev/null || :
}
undo() { :; } # a case that makes more than processes replaces it
finish() {
	local status=$? pid
	trap - ERR EXIT
	set +e
	# What this shell began and has not seen end; never a number that the system may have given to somebody else since.
	for pid in $(jobs -p); do stop "$pid" 10; done
	"$LAB/down"
	undo
	exit "$status"
}
trap finish EXIT
trap 'exit 143' TERM INT
trap 'fail "line $LINENO: $BASH_COMMAND"' ERR

# Waiting and starting

wait_until() { # SECONDS WHAT COMMAND...
	local end=$((SECONDS + $1)) what=$2
	shift 2
	until "$@" > /dev/null 2>&1; do
		((SECONDS < end)) || fail "waited in vain for $what"
		sleep 0.3
	done
}
wait_for() { # PATTERN FILE SECONDS
	wait_until "$3" "\"$1\" in ${2#"$OUT"/}" grep -q -e "$1" "$2"
}
begin() { # NAME COMMAND...: in the background, with NAME.out; its id is in $last
	local name=$1
	shift
	"$@" > "$OUT/$name.out" 2>&1 < /dev/null &
	last=$!
}
ended() { # PID WHAT SECONDS: waits for a process and gives its status
	local pid=$1 end=$((SECONDS + $3)) status=0
	while kill -0 "$pid" 2> /dev/null; do
		((SECONDS < end)) || fail "$2 did not end within $3 s"
		sleep 0.2
	done
	wait "$pid" || status=$?
	return "$status"
}

# The bot

configure() { # [SIP-LINE...]: writes the bot's configuration, extension 200 of the lab; standard input has more sections
	{
		cat <<-END
			owner:
			  name: Ann
			  extension: 100
			sip:
			  extension: 200
			  auth_id: auth200
			  password: secret200
			  port: $BOT_PORT
			  rtp_ports: "31000-31999"
		END
		[ -n "${NO_PBX-}" ] || echo "  pbx: $LAB_HOST:$LAB_PORT"
		[ $# = 0 ] || printf '  %s\n' "$@"
		cat <<-END
			control:
			  socket: $BOT_SOCKET
			log:
			  level: ${LOG_LEVEL:-debug}
			  redact: false
			conversation:
			  no_input_after: 60
		END
		[ -t 0 ] || cat
	} > "$BOT_CONFIG"
}
ask() { "$interop/ask" "$BOT_SOCKET" "$@"; }
bot_is_up() { ask status 2> /dev/null | grep -Eq '"isRegistered":true|"registersAtAll":false'; }
start_bot() { # [COMMAND...]: starts the bot, by that command if given, and waits until it is registered, if it is to be
	local end=$((SECONDS + 30))
	"$@" "$SVETLANA_BIN/svetlana" run --config "$BOT_CONFIG" >> "$BOT_LOG" 2>&1 < /dev/null &
	bot=$!
	until bot_is_up; do
		kill -0 "$bot" 2> /dev/null || fail "the bot ended while it started"
		((SECONDS < end)) || fail "the bot did not come up: $(ask status 2>&1)"
		sleep 0.3
	done
}
stop_bot() { # ends it as systemd does; it has to end well
	local status=0
	kill "$bot"
	ended "$bot" "the bot, told to stop," 30 || status=$?
	[ "$status" = 0 ] || fail "the bot, told to stop, ended with status $status"
	bot=''
}
set_clock() { # makes it a quarter to two, as some times of the day are harder to understand than others
	local west=$(($(date +%s) % 86400 - (13 * 60 + 45) * 60)) sign=+
	((west >= 0)) || west=$((-west)) sign=-
	export TZ
	TZ=$(printf 'LAB%s%02d:%02d:%02d' "$sign" $((west / 3600)) $((west / 60 % 60)) $((west % 60)))
}
svetlana() { "$SVETLANA_BIN/svetlana" "$@" --config "$BOT_CONFIG"; }
contacts() { "$LAB/ctl" ul.dump | awk -v ext="$1" '
	$1 == "AoR:" { mine = $2 == ext }
	mine && $1 == "Address:" { print $2 }'; }
gauges() { # waits until nothing is left in the bot, within SECONDS (40: transactions live 32 s)
	local end=$((SECONDS + ${1:-40})) left
	# What has to be left is its own registration.
	while left=$(ask gauges); [ -n "$left" ]; do
		((SECONDS < end)) || fail "left in the bot after $1 s: $left"
		sleep 0.5
	done
}

# Sound

script() { # WAV PIECE...: what a caller says: a text, or a number of seconds of silence
	local wav=$1 piece n=0 parts=()
	shift
	for piece; do
		n=$((n + 1))
		parts+=("$wav.$n.wav")
		case $piece in
		*[!0-9.]*) "$LAB/say" "$piece" "$wav.$n.wav" ;;
		*) sox -n -r 16000 -c 1 -b 16 -e signed "$wav.$n.wav" trim 0 "$piece" ;;
		esac
	done
	sox "${parts[@]}" "$wav"
	rm -f "${parts[@]}"
}
transcribe() { # WAV: its transcript in one line, kept beside it
	[ -s "$1" ] || fail "there is no recording ${1##*/}"
	"$LAB/hear" "$1" | tr '\n' ' ' > "$1.txt" || :
	cat "$1.txt"
}
said() { # TRANSCRIPT EXPECTED [PER CENT]: whether it was said, but for so many words (40 %); leaves what fits best in $best
	best=$("$interop/match" "$@")
}
expect() { # WHO WAV EXPECTED [PER CENT]
	local text
	[ -e "$2.txt" ] || transcribe "$2" > /dev/null
	text=$(cat "$2.txt")
	said "$text" "$3" "${4:-40}" || fail "$1 did not hear \"$3\" but: ${text:-nothing}"
	result "$1 heard: $best"
}
