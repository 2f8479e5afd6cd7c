/*
 * Notifies a queue of a transport of Virtual I/O and reads what the transport interrupts for, as a driver does for each request
 * (Virtual I/O Device 1.1, 4.2.2). No device is behind the transport, so nothing follows. Command line: how often.
 */
#include "workload.h"

#define TRANSPORT 0x0a000000u
#define MAGIC (*word_at(TRANSPORT))
#define DEVICE_ID (*word_at(TRANSPORT + 0x008))
#define QUEUE_NOTIFY (*word_at(TRANSPORT + 0x050))
#define INTERRUPT_STATUS (*word_at(TRANSPORT + 0x060))

static uint32_t ring(uint32_t times) {
  uint32_t causes = 0;
  for (; times; times--) {
    QUEUE_NOTIFY = 0;
    causes |= INTERRUPT_STATUS;
  }
  return causes;
}

enum { WARM_RINGS = 16 };

int main(uint32_t zero, uint32_t type, uint32_t tree) {
  (void)zero, (void)type;
  uint32_t times;
  if (!read_numbers(tree, &times, 1, "TIMES")) return 0;
  enable_memory(1);
  show("magic", MAGIC);
  show("device", DEVICE_ID);
  MARKER(1);
  ring(WARM_RINGS);
  MARKER(2);
  uint32_t causes = ring(times);
  MARKER(3);
  show("causes", causes);
  put("done\n");
  return 0;
}
