/* Sleeps between its marks, so that the kernel's own activity is all that happens. */
#include "../runtime/runtime.h"
#include "../runtime/linux.h"

int main(int argc, char **argv) {
  static const struct limits seconds_limits = {"SECONDS must be 1 to 86400, not ", 1, 86400};

  expect_arguments(argc, argv, 1, "SECONDS");
  unsigned request[2] = {number_argument(argv, 1, &seconds_limits), 0};

  hint_warm();
  mark("warm");
  mark("begin");
  hint_begin();
  int result = system_call(CALL_NANOSLEEP, ADDRESS(request), 0, 0, 0);
  hint_end();
  mark("end");

  say("idle: ");
  say_unsigned(request[0]);
  say(result == 0 ? " s, OK\n" : " s, interrupted\n");
  return result == 0 ? 0 : 1;
}
