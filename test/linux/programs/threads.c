/* Threads: mutex, condition, barrier, thread-local storage, join, cancellation, a timed wait. */
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static pthread_barrier_t barrier;
static __thread int mine;
static int counter, turn;

static void *count(void *argument) {
  long id = (long)argument;
  mine = (int)id;
  pthread_barrier_wait(&barrier);
  for (int i = 0; i < 20000; i++) {
    pthread_mutex_lock(&lock);
    counter++;
    pthread_mutex_unlock(&lock);
  }
  pthread_mutex_lock(&lock);
  while (turn != id) pthread_cond_wait(&changed, &lock);
  printf("thread %ld has %d\n", id, mine);
  turn++;
  pthread_cond_broadcast(&changed);
  pthread_mutex_unlock(&lock);
  return (void *)(id * 10);
}

static void cleanup(void *text) { printf("cleanup %s\n", (char *)text); }
static void *sleeper(void *unused) {
  pthread_cleanup_push(cleanup, "of a cancelled thread");
  for (;;) sleep(1000);
  pthread_cleanup_pop(0);
  return unused;
}

int main(void) {
  pthread_t threads[5];
  pthread_barrier_init(&barrier, NULL, 5);
  for (long i = 0; i < 5; i++) pthread_create(&threads[i], NULL, count, (void *)i);
  long sum = 0;
  for (int i = 0; i < 5; i++) {
    void *result;
    pthread_join(threads[i], &result);
    sum += (long)result;
  }
  printf("counter %d sum %ld\n", counter, sum);
  pthread_t one;
  pthread_create(&one, NULL, sleeper, NULL);
  usleep(1000);
  pthread_cancel(one);
  void *result;
  pthread_join(one, &result);
  printf("cancelled %d\n", result == PTHREAD_CANCELED);
  struct timespec until;
  clock_gettime(CLOCK_REALTIME, &until);
  until.tv_nsec += 5000000;
  if (until.tv_nsec >= 1000000000) until.tv_sec++, until.tv_nsec -= 1000000000;
  pthread_mutex_lock(&lock);
  printf("timed wait %d\n", pthread_cond_timedwait(&changed, &lock, &until) == ETIMEDOUT);
  sem_t semaphore;
  sem_init(&semaphore, 0, 1);
  sem_wait(&semaphore);
  printf("try %d\n", sem_trywait(&semaphore));
  return 0;
}
