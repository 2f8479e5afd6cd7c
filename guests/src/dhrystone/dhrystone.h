/*
 * Dhrystone 2.1, written from its published description: the data, the fifteen procedure calls of an iteration and the
 * values that must stand at the end. Two translation units, as its rules ask.
 */
#ifndef TRAPWALK_DHRYSTONE_H
#define TRAPWALK_DHRYSTONE_H

enum { TEXT_BYTES = 31, SIDE = 50 };

typedef enum { first, second, third, fourth, fifth } label;
typedef char text[TEXT_BYTES];
typedef int vector[SIDE];
typedef int matrix[SIDE][SIDE];

/* 48 bytes under the ARM ABI: link, discriminant, and a variant whose first form is the largest. */
struct record {
  struct record *link;
  label discriminant;
  union {
    struct {
      label kind;
      int number;
      text name;
    } one;
    struct {
      label kind;
      text name;
    } two;
    struct {
      char left, right;
    } three;
  } variant;
};

extern int global_number;
extern char global_letter_1;

void procedure_6(label value, label *result);
void procedure_7(int left, int right, int *result);
void procedure_8(vector row, matrix table, int index, int value);
/* Declared and defined as before ANSI C, like the original: the callee narrows its char parameters itself. */
label function_1();
int function_2(const char *left, const char *right);

#endif
