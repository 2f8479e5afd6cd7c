/* The procedures that are reached across the file boundary, and those that only they call. */
#include "../runtime/runtime.h"
#include "dhrystone.h"

label function_1(left, right)
char left, right;
{
  char copy = left;
  char again = copy;
  if (again != right) return first;
  global_letter_1 = copy;
  return second;
}

int function_2(const char *left, const char *right) {
  int index = 2;
  char letter;
  while (index <= 2)
    if (function_1(left[index], right[index + 1]) == first) {
      letter = 'A';
      index += 1;
    }
  if (letter >= 'W' && letter < 'Z') index = 7;
  if (letter == 'R') return 1;
  if (strcmp(left, right) > 0) {
    index += 7;
    global_number = index;
    return 1;
  }
  return 0;
}

int function_3(label value) {
  label copy = value;
  if (copy == third) return 1;
  return 0;
}

void procedure_6(label value, label *result) {
  *result = value;
  if (!function_3(value)) *result = fourth;
  switch (value) {
    case first:
      *result = first;
      break;
    case second:
      if (global_number > 100) *result = first;
      else *result = fourth;
      break;
    case third:
      *result = second;
      break;
    case fourth:
      break;
    case fifth:
      *result = third;
      break;
  }
}

void procedure_7(int left, int right, int *result) {
  int sum = left + 2;
  *result = right + sum;
}

void procedure_8(vector row, matrix table, int index, int value) {
  int at = index + 5;
  row[at] = value;
  row[at + 1] = row[at];
  row[at + 30] = at;
  for (int column = at; column <= at + 1; ++column) table[at][column] = at;
  table[at][at - 1] += 1;
  table[at + 20][at] = row[at];
  global_number = 5;
}
