/* For the tests of debugging: lists, loops, locals, globals, in lines that the tests know. */
struct node {
  int value;
  struct node *next;
};

static struct node pool[8];
static int used;
int counter = 5;

static struct node *push(struct node *head, int value) {
  struct node *node = &pool[used++];
  node->value = value;
  node->next = head;
  return node;
}

static int sum(const struct node *list) {
  int total = 0;
  while (list) {
    total += list->value;
    list = list->next;
  }
  return total;
}

__attribute__((export_name("run"))) int run(int n) {
  struct node *list = 0;
  for (int i = 0; i < n; i++)
    list = push(list, i * i);
  double half = sum(list) / 2.0;
  counter += (int)half;
  return sum(list);
}
