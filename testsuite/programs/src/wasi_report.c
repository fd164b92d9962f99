// A small tool as firmware might ship one: reads log lines `name value` on standard input (or from the files named as arguments),
// and prints count, minimum, mean, median and maximum per name, sorted by name.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
  char *name;
  double *values;
  size_t count, room;
} Series;

static Series *series;
static size_t series_count;

static Series *find(const char *name) {
  for (size_t i = 0; i < series_count; i++)
    if (!strcmp(series[i].name, name)) return &series[i];
  series = realloc(series, (series_count + 1) * sizeof *series);
  Series *s = &series[series_count++];
  s->name = strdup(name);
  s->values = NULL;
  s->count = s->room = 0;
  return s;
}

static void add(Series *s, double value) {
  if (s->count == s->room) {
    s->room = s->room ? 2 * s->room : 16;
    s->values = realloc(s->values, s->room * sizeof *s->values);
  }
  s->values[s->count++] = value;
}

static int by_value(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static int by_name(const void *a, const void *b) { return strcmp(((const Series *)a)->name, ((const Series *)b)->name); }

static unsigned read_all(FILE *file) {
  char line[256], name[128];
  double value;
  unsigned bad = 0;
  while (fgets(line, sizeof line, file)) {
    if (sscanf(line, "%127s %lf", name, &value) == 2) add(find(name), value);
    else bad++;
  }
  return bad;
}

int main(int argc, char **argv) {
  unsigned bad = 0;
  if (argc < 2) bad = read_all(stdin);
  for (int i = 1; i < argc; i++) {
    FILE *file = fopen(argv[i], "r");
    if (!file) {
      fprintf(stderr, "report: cannot open %s\n", argv[i]);
      return 2;
    }
    bad += read_all(file);
    fclose(file);
  }
  qsort(series, series_count, sizeof *series, by_name);
  printf("%-16s %8s %12s %12s %12s %12s\n", "name", "count", "min", "mean", "median", "max");
  for (size_t i = 0; i < series_count; i++) {
    Series *s = &series[i];
    double sum = 0;
    qsort(s->values, s->count, sizeof *s->values, by_value);
    for (size_t j = 0; j < s->count; j++) sum += s->values[j];
    double mid = s->count % 2 ? s->values[s->count / 2] : (s->values[s->count / 2 - 1] + s->values[s->count / 2]) / 2;
    printf("%-16s %8zu %12.3f %12.3f %12.3f %12.3f\n", s->name, s->count, s->values[0], sum / s->count, mid, s->values[s->count - 1]);
  }
  if (bad) fprintf(stderr, "report: %u lines without a name and a number\n", bad);
  return bad != 0;
}
