/* Delimits what a script measures: executes the hint of the mark that its argument names. */
#include "../runtime/runtime.h"
#include "../runtime/linux.h"

static const struct hint {
  const char *name;
  void (*give)(void);
} hints[] = {{"warm", hint_warm}, {"begin", hint_begin}, {"end", hint_end}};

int main(int argc, char **argv) {
  expect_arguments(argc, argv, 1, "NAME");
  for (unsigned index = 0; index < sizeof hints / sizeof *hints; index++)
    if (argument_is(argv, 1, hints[index].name)) {
      hints[index].give();
      return 0;
    }
  refuse(argv[0], "NAME must be warm, begin or end, not ", argv[1]);
}
