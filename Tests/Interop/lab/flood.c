// Strangers: flood KIND HOST PORT RATE SECONDS [SEED]
// 99 sources, 127.0.1.1 to 127.0.1.99, send RATE datagrams a second in all to HOST:PORT, and read what comes back.
// KIND: invite, options, tagged (in turn each method, with a To tag that nobody gave), register, garbage, rtp.
// Bounded: to the loopback only, 100 000 a second and 60 s at most. Prints a line of JSON.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { SOURCES = 99, BATCH = 16, LONGEST = 1400, PORT = 15060 };

static uint64_t state;
static uint64_t any(void) { // xorshift64*
	state ^= state >> 12, state ^= state << 25, state ^= state >> 27;
	return state * 2685821657736338717ull;
}

static double now(void) {
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

static int fill(char *out, const char *kind, const char *host, int source, unsigned long number) {
	static const char *methods[] = {"INVITE", "BYE", "INFO", "OPTIONS", "UPDATE", "MESSAGE", "NOTIFY", "CANCEL"};
	static const char body[] = "v=0\r\no=- 1 1 IN IP4 127.0.1.1\r\ns=-\r\nc=IN IP4 127.0.1.1\r\nt=0 0\r\nm=audio 9 RTP/AVP 0\r\n";
	if (!strcmp(kind, "rtp")) {
		uint8_t *packet = (uint8_t *)out;
		uint32_t stamp = htonl((uint32_t)number * 160 / SOURCES), ssrc = htonl(0x51000000 + source);
		packet[0] = 0x80, packet[1] = 0;
		packet[2] = (number / SOURCES) >> 8, packet[3] = number / SOURCES;
		memcpy(packet + 4, &stamp, 4), memcpy(packet + 8, &ssrc, 4);
		for (int i = 0; i < 160; i++) packet[12 + i] = i & 8 ? 0x20 : 0xA0; // loud
		return 172;
	}
	if (!strcmp(kind, "garbage")) {
		int length = 20 + any() % 400;
		// Every second one looks like SIP for a while.
		int begun = number % 2 ? sprintf(out, "INVITE sip:200@%s SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.1.%d;branch=z9hG4bK", host, source) : 0;
		for (int i = begun; i < length; i++) out[i] = any() >> 24;
		return length > begun ? length : begun;
	}
	int tagged = !strcmp(kind, "tagged"), has_body = !strcmp(kind, "invite");
	const char *method = tagged ? methods[number % 8] : !strcmp(kind, "invite") ? "INVITE" : !strcmp(kind, "options") ? "OPTIONS" : "REGISTER";
	return snprintf(out, LONGEST, "%s sip:200@%s SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.1.%d:%d;branch=z9hG4bK%llx\r\nMax-Forwards: 70\r\n"
		"From: <sip:%llu@127.0.1.%d>;tag=%llx\r\nTo: <sip:200@%s>%s\r\nCall-ID: %llx\r\nCSeq: 1 %s\r\n"
		"Contact: <sip:a@127.0.1.%d>\r\n%sContent-Length: %d\r\n\r\n%s", method, host, source, PORT, (unsigned long long)any(),
		(unsigned long long)any() % 10000, source, (unsigned long long)any(), host, tagged ? ";tag=none" : "", (unsigned long long)any(), method, source,
		has_body ? "Content-Type: application/sdp\r\n" : "", has_body ? (int)sizeof body - 1 : 0, has_body ? body : "");
}

int main(int count, char **words) {
	if (count < 6) return fprintf(stderr, "flood KIND HOST PORT RATE SECONDS [SEED]\n"), 64;
	const char *kind = words[1], *host = words[2];
	double rate = atof(words[4]), seconds = atof(words[5]);
	state = count > 6 ? strtoull(words[6], 0, 10) | 1 : 0x9E3779B97F4A7C15ull;
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(atoi(words[3]))};
	if (inet_pton(AF_INET, host, &to.sin_addr) != 1 || ntohl(to.sin_addr.s_addr) >> 24 != 127 || !(rate > 0 && rate <= 100000) ||
		!(seconds > 0 && seconds <= 60))
		return fprintf(stderr, "flood: only to the loopback, at most 100000 a second for 60 s\n"), 64;

	int sockets[SOURCES];
	for (int i = 0; i < SOURCES; i++) {
		struct sockaddr_in from = {.sin_family = AF_INET, .sin_port = htons(strcmp(kind, "rtp") ? PORT : 40000)};
		from.sin_addr.s_addr = htonl(0x7F000100 + i + 1);
		sockets[i] = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
		if (sockets[i] < 0 || bind(sockets[i], (struct sockaddr *)&from, sizeof from) || connect(sockets[i], (struct sockaddr *)&to, sizeof to))
			return perror("flood: bind"), 1;
	}
	static char bytes[BATCH][LONGEST], in[65536];
	struct mmsghdr messages[BATCH];
	struct iovec parts[BATCH];
	unsigned long sent = 0, bytes_out = 0, failed = 0, got = 0, bytes_in = 0;
	double began = now(), late = 0;
	int turn = 0;
	while (1) {
		double at = now() - began;
		if (at >= seconds) break;
		unsigned long due = at * rate;
		if (sent + failed >= due) {
			// What came back, of a few sources each time.
			for (int i = 0; i < 8; i++, turn = (turn + 1) % SOURCES)
				for (ssize_t n; (n = recv(sockets[turn], in, sizeof in, 0)) >= 0;) got++, bytes_in += n;
			struct timespec pause = {0, 200000};
			nanosleep(&pause, 0);
			continue;
		}
		if (due - sent - failed > rate / 10) late = at;
		int some = due - sent - failed < BATCH ? due - sent - failed : BATCH, source = any() % SOURCES;
		for (int i = 0; i < some; i++) {
			parts[i] = (struct iovec){bytes[i], fill(bytes[i], kind, host, source + 1, sent + failed + i)};
			messages[i] = (struct mmsghdr){.msg_hdr = {.msg_iov = &parts[i], .msg_iovlen = 1}};
		}
		int done = sendmmsg(sockets[source], messages, some, 0);
		if (done < 1) { // full, or the last one was refused by the host
			failed++;
			continue;
		}
		for (int i = 0; i < done; i++) bytes_out += messages[i].msg_len;
		sent += done;
	}
	double took = now() - began;
	usleep(300000);
	for (int i = 0; i < SOURCES; i++)
		for (ssize_t n; (n = recv(sockets[i], in, sizeof in, 0)) >= 0;) got++, bytes_in += n;
	printf("{\"kind\": \"%s\", \"sent\": %lu, \"failed\": %lu, \"bytes_sent\": %lu, \"received\": %lu, \"bytes_received\": %lu, \"seconds\": %.2f, \"late\": %.2f}\n",
		kind, sent, failed, bytes_out, got, bytes_in, took, late);
}
