/* The measured loop, the procedures of its file, and the check of the final values. */
#include "../runtime/runtime.h"
#include "dhrystone.h"

int global_number;
int global_truth;
char global_letter_1;
char global_letter_2;
vector global_row;
matrix global_table;
struct record *current;
struct record *next;

void procedure_1(struct record *pointer);
void procedure_2(int *result);
void procedure_3(struct record **result);
void procedure_4(void);
void procedure_5(void);

/* The two records come from memory whose address the compiler does not know, as from malloc. */
struct record *allocate_record(void);

static int mismatches;

static void check_number(const char *name, int found, int expected) {
  if (found == expected) return;
  mismatches++;
  say("mismatch: ");
  say(name);
  say(" is 0x");
  say_hexadecimal((unsigned)found);
  say(", should be 0x");
  say_hexadecimal((unsigned)expected);
  say("\n");
}

static void check_text(const char *name, const char *found, const char *expected) {
  if (strcmp(found, expected) == 0) return;
  mismatches++;
  say("mismatch: ");
  say(name);
  say(" is \"");
  say(found);
  say("\", should be \"");
  say(expected);
  say("\"\n");
}

static void check_globals(unsigned runs) {
  check_number("global number", global_number, 5);
  check_number("global truth", global_truth, 1);
  check_number("first letter", global_letter_1, 'A');
  check_number("second letter", global_letter_2, 'B');
  check_number("row[8]", global_row[8], 7);
  check_number("table[8][7]", global_table[8][7], (int)runs + 10);
}

static void check_records(void) {
  check_number("current discriminant", current->discriminant, first);
  check_number("current kind", current->variant.one.kind, third);
  check_number("current number", current->variant.one.number, 17);
  check_text("current name", current->variant.one.name, "DHRYSTONE PROGRAM, SOME STRING");
  check_number("next discriminant", next->discriminant, first);
  check_number("next kind", next->variant.one.kind, second);
  check_number("next number", next->variant.one.number, 18);
  check_text("next name", next->variant.one.name, "DHRYSTONE PROGRAM, SOME STRING");
  check_number("links agree", next->link == current->link, 1);
}

int main(int argc, char **argv) {
  int number_1 = 0, number_2 = 0, number_3 = 0;
  char letter;
  label kind = first;
  text text_1, text_2;
  static const struct limits iterations = {"ITERATIONS must be 1 to 1000000000, not ", 1, 1000000000};
  static const struct limits warm_iterations = {"WARM_ITERATIONS must be 0 to 1000000000, not ", 0, 1000000000};

  expect_arguments(argc, argv, 2, "ITERATIONS WARM_ITERATIONS");
  int measured = (int)number_argument(argv, 1, &iterations);
  int warm = (int)number_argument(argv, 2, &warm_iterations);

  next = allocate_record();
  current = allocate_record();
  current->link = next;
  current->discriminant = first;
  current->variant.one.kind = third;
  current->variant.one.number = 40;
  strcpy(current->variant.one.name, "DHRYSTONE PROGRAM, SOME STRING");
  strcpy(text_1, "DHRYSTONE PROGRAM, 1'ST STRING");
  global_table[8][7] = 10;

  /* Warm-up and measurement run the same code at the same addresses. */
  int runs = warm;
  mark("warm");
  for (int phase = 0; phase < 2; ++phase) {
    for (int run = 1; run <= runs; ++run) {
      procedure_5();
      procedure_4();
      number_1 = 2;
      number_2 = 3;
      strcpy(text_2, "DHRYSTONE PROGRAM, 2'ND STRING");
      kind = second;
      global_truth = !function_2(text_1, text_2);
      while (number_1 < number_2) {
        number_3 = 5 * number_1 - number_2;
        procedure_7(number_1, number_2, &number_3);
        number_1 += 1;
      }
      procedure_8(global_row, global_table, number_1, number_3);
      procedure_1(current);
      for (letter = 'A'; letter <= global_letter_2; ++letter)
        if (kind == function_1(letter, 'C')) {
          procedure_6(first, &kind);
          strcpy(text_2, "DHRYSTONE PROGRAM, 3'RD STRING");
          number_2 = run;
          global_number = run;
        }
      number_2 = number_2 * number_1;
      number_1 = number_2 / number_3;
      number_2 = 7 * (number_2 - number_3) - number_1;
      procedure_2(&number_1);
    }
    mark(phase == 0 ? "begin" : "end");
    runs = measured;
  }

  check_globals((unsigned)warm + (unsigned)measured);
  check_records();
  check_number("number 1", number_1, 5);
  check_number("number 2", number_2, 13);
  check_number("number 3", number_3, 7);
  check_number("kind", kind, second);
  check_text("text 1", text_1, "DHRYSTONE PROGRAM, 1'ST STRING");
  check_text("text 2", text_2, "DHRYSTONE PROGRAM, 2'ND STRING");
  say("dhrystone 2.1: ");
  say_unsigned((unsigned)measured);
  say(" iterations after ");
  say_unsigned((unsigned)warm);
  say(mismatches ? " to warm up, check values WRONG\n" : " to warm up, check values OK\n");
  return mismatches ? 1 : 0;
}

void procedure_1(struct record *pointer) {
  struct record *following = pointer->link;
  *pointer->link = *current;
  pointer->variant.one.number = 5;
  following->variant.one.number = pointer->variant.one.number;
  following->link = pointer->link;
  procedure_3(&following->link);
  if (following->discriminant == first) {
    following->variant.one.number = 6;
    procedure_6(pointer->variant.one.kind, &following->variant.one.kind);
    following->link = current->link;
    procedure_7(following->variant.one.number, 10, &following->variant.one.number);
  } else
    *pointer = *pointer->link;
}

void procedure_2(int *result) {
  int number = *result + 10;
  label kind;
  do
    if (global_letter_1 == 'A') {
      number -= 1;
      *result = number - global_number;
      kind = first;
    }
  while (kind != first);
}

void procedure_3(struct record **result) {
  if (current != 0) *result = current->link;
  procedure_7(10, global_number, &current->variant.one.number);
}

void procedure_4(void) {
  int truth = global_letter_1 == 'A';
  global_truth = truth | global_truth;
  global_letter_2 = 'B';
}

void procedure_5(void) {
  global_letter_1 = 'A';
  global_truth = 0;
}
