/* SQLite in memory: a table of n * 1000 rows and an index, selects by key and by index, aggregates, joins, updates, deletes; a checksum of every
   row that comes out. */
#include "guest.h"
#include "sqlite3.h"
#include <stdio.h>

/* A system without files: databases in memory need of it no more than random numbers and the time. */
static int no_open(sqlite3_vfs *v, const char *name, sqlite3_file *f, int flags, int *out) { return SQLITE_CANTOPEN; }
static int no_delete(sqlite3_vfs *v, const char *name, int sync) { return SQLITE_IOERR_DELETE; }
static int no_access(sqlite3_vfs *v, const char *name, int flags, int *out) { *out = 0; return SQLITE_OK; }
static int same_path(sqlite3_vfs *v, const char *name, int n, char *out) { sqlite3_snprintf(n, out, "%s", name); return SQLITE_OK; }
static int no_randomness(sqlite3_vfs *v, int n, char *out) { memset(out, 7, (size_t)n); return n; }
static int no_sleep(sqlite3_vfs *v, int microseconds) { return microseconds; }
static int no_time(sqlite3_vfs *v, double *days) { *days = 2460000.5; return SQLITE_OK; }
int sqlite3_os_init(void) {
  static sqlite3_vfs vfs = {1, sizeof(sqlite3_file), 256, NULL, "none", NULL, no_open, no_delete, no_access, same_path,
                            NULL, NULL, NULL, NULL, no_randomness, no_sleep, no_time, NULL};
  return sqlite3_vfs_register(&vfs, 1);
}
int sqlite3_os_end(void) { return SQLITE_OK; }

static sqlite3 *db;
static uint32_t sum;
static void check(int code, int wanted) { if (code != wanted) __builtin_trap(); }
static void execute(const char *sql) { check(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK); }
static sqlite3_stmt *prepare(const char *sql) {
  sqlite3_stmt *s;
  check(sqlite3_prepare_v2(db, sql, -1, &s, NULL), SQLITE_OK);
  return s;
}
/* Runs a statement to its end and takes every value of every row into the checksum. */
static void rows(sqlite3_stmt *s) {
  int code;
  while ((code = sqlite3_step(s)) == SQLITE_ROW)
    for (int i = 0; i < sqlite3_column_count(s); i++) {
      const void *text = sqlite3_column_text(s, i);
      sum = mix_bytes(sum, text ? text : "-", text ? (size_t)sqlite3_column_bytes(s, i) : 1);
    }
  check(code, SQLITE_DONE);
  check(sqlite3_reset(s), SQLITE_OK);
}
static void query(const char *sql) {
  sqlite3_stmt *s = prepare(sql);
  rows(s);
  check(sqlite3_finalize(s), SQLITE_OK);
}
static uint32_t seed;
static uint32_t below(uint32_t limit) {
  seed = seed * 1664525u + 1013904223u;
  return (seed >> 8) % limit;
}
static void fill(uint32_t n) {
  execute("create table item (id integer primary key, name text not null, kind integer, price real); create table kind (id integer primary key, title text)");
  execute("begin");
  sqlite3_stmt *s = prepare("insert into item values (?, ?, ?, ?)");
  for (uint32_t i = 0; i < n; i++) {
    char name[32];
    int length = snprintf(name, sizeof name, "item %u of %u", below(n), i);
    sqlite3_bind_int64(s, 1, i);
    sqlite3_bind_text(s, 2, name, length, SQLITE_TRANSIENT);
    sqlite3_bind_int(s, 3, (int)below(20));
    sqlite3_bind_double(s, 4, below(100000) / 64.0);
    rows(s);
  }
  check(sqlite3_finalize(s), SQLITE_OK);
  execute("insert into kind with recursive c(x) as (select 0 union all select x + 1 from c where x < 19) select x, 'kind ' || char(65 + x) from c");
  execute("create index item_kind on item (kind, price)");
  execute("commit");
}
EXPORT uint32_t run(uint32_t n) {
  start();
  sum = 0;
  seed = 1;
  n *= 1000;
  check(sqlite3_open_v2(":memory:", &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL), SQLITE_OK);
  fill(n);
  sqlite3_stmt *by_key = prepare("select name, price from item where id = ?");
  sqlite3_stmt *by_index = prepare("select id, price from item where kind = ? and price between ? and ? + 40 order by price limit 5");
  for (uint32_t i = 0; i < n / 2; i++) {
    sqlite3_bind_int64(by_key, 1, below(n));
    rows(by_key);
    sqlite3_bind_int(by_index, 1, (int)below(20));
    sqlite3_bind_int(by_index, 2, (int)below(1500));
    sqlite3_bind_int(by_index, 3, (int)below(1500));
    rows(by_index);
  }
  check(sqlite3_finalize(by_key), SQLITE_OK);
  check(sqlite3_finalize(by_index), SQLITE_OK);
  query("select title, count(*), min(price), max(price), sum(price * 2), avg(length(name)) from item join kind on kind.id = item.kind group by title order by title");
  query("select substr(name, 1, 7) as head, count(*) from item where name like '%7%' group by head having count(*) > 1 order by 2 desc, 1 limit 30");
  execute("update item set price = price + 1 where kind in (select id from kind where title > 'kind M')");
  execute("delete from item where id % 7 = 3");
  query("select kind, count(*), total(price) from item group by kind order by kind desc");
  query("select a.id, b.id from item a join item b on b.id = a.id * 2 + 1 where a.kind = 3 order by b.price limit 20");
  check(sqlite3_close(db), SQLITE_OK);
  return sum;
}
