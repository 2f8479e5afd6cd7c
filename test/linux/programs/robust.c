/* A mutex whose owner ends while it holds it. */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>

static pthread_mutex_t robust;
static void *dies(void *unused) {
  pthread_mutex_lock(&robust);
  return unused;
}

int main(void) {
  pthread_t one;
  pthread_mutexattr_t attributes;
  pthread_mutexattr_init(&attributes);
  pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
  pthread_mutex_init(&robust, &attributes);
  pthread_create(&one, NULL, dies, NULL);
  pthread_join(one, NULL);
  printf("owner died %d\n", pthread_mutex_lock(&robust) == EOWNERDEAD);
  return 0;
}
