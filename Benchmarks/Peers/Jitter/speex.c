/* speexdsp's jitter buffer on a trace.
 *
 * In, on standard input: a line "arrival_us index" for every packet of 20 ms that came, in the order of arrival.
 * Out: a line "now_us position_us concealed" for every 20 ms that were played, from the first packet on.
 */
#include <speex/speex_jitter.h>
#include <stdio.h>
#include <stdlib.h>

#define FRAME 160
#define FRAME_US 20000LL

int main(void) {
    long long *arrival = NULL;
    long *number = NULL;
    size_t count = 0, room = 0;
    long long at;
    long index;
    while (scanf("%lld %ld", &at, &index) == 2) {
        if (count == room) {
            room = room ? room * 2 : 4096;
            arrival = realloc(arrival, room * sizeof *arrival);
            number = realloc(number, room * sizeof *number);
            if (!arrival || !number) return 1;
        }
        arrival[count] = at;
        number[count] = index;
        count += 1;
    }
    if (count == 0) return 0;
    JitterBuffer *buffer = jitter_buffer_init(FRAME);
    size_t next = 0;
    long long now = (arrival[0] / FRAME_US + 1) * FRAME_US;
    long long last = arrival[count - 1] + 2 * FRAME_US;
    long long position = number[0] * FRAME_US;
    for (; now < last; now += FRAME_US) {
        for (; next < count && arrival[next] <= now; next += 1) {
            JitterBufferPacket packet = {0};
            char payload[1] = {0};
            packet.data = payload;
            packet.len = 1;
            packet.timestamp = (spx_uint32_t)(number[next] * FRAME);
            packet.span = FRAME;
            packet.sequence = (spx_uint16_t)number[next];
            jitter_buffer_put(buffer, &packet);
        }
        char data[16];
        JitterBufferPacket got = {0};
        spx_int32_t offset = 0;
        got.data = data;
        got.len = sizeof data;
        int result = jitter_buffer_get(buffer, &got, FRAME, &offset);
        if (result == JITTER_BUFFER_OK) {
            position = (long long)got.timestamp / FRAME * FRAME_US;
            printf("%lld %lld 0\n", now, position);
            position += FRAME_US;
        } else if (result == JITTER_BUFFER_INSERTION) {
            /* It asks for time, and holds the place in the stream. */
            printf("%lld %lld 2\n", now, position);
        } else {
            printf("%lld %lld 1\n", now, position);
            position += FRAME_US;
        }
        jitter_buffer_tick(buffer);
    }
    jitter_buffer_destroy(buffer);
    free(arrival);
    free(number);
    return 0;
}
