// The n-body problem of the outer planets, n steps; returns the energy in billionths.
#include "rt.h"
typedef struct { double x, y, z, vx, vy, vz, mass; } Body;
static Body bodies[5];
#define PI 3.141592653589793
#define SOLAR (4 * PI * PI)
#define YEAR 365.24
static void set(int i, double x, double y, double z, double vx, double vy, double vz, double m) {
  Body b = {x, y, z, vx * YEAR, vy * YEAR, vz * YEAR, m * SOLAR};
  bodies[i] = b;
}
static void init(void) {
  set(0, 0, 0, 0, 0, 0, 0, 1);
  set(1, 4.84143144246472090, -1.16032004402742839, -0.103622044471123109, 0.00166007664274403694, 0.00769901118419740425, -0.0000690460016972063023, 0.000954791938424326609);
  set(2, 8.34336671824457987, 4.12479856412430479, -0.403523417114321381, -0.00276742510726411341, 0.00499852801234917238, 0.0000230417297573763929, 0.000285885980666130812);
  set(3, 12.8943695621391310, -15.1111514016986312, -0.223307578892655734, 0.00296460137564761618, 0.00237847173959480950, -0.0000296589568540237556, 0.0000436624404335156298);
  set(4, 15.3796971148509165, -25.9193146099879641, 0.179258772950371181, 0.00268067772490389322, 0.00162824170038242295, -0.0000951592254519715870, 0.0000515138902046611451);
}
static void advance(double dt) {
  for (int i = 0; i < 5; i++) {
    Body *a = &bodies[i];
    for (int j = i + 1; j < 5; j++) {
      Body *b = &bodies[j];
      double dx = a->x - b->x, dy = a->y - b->y, dz = a->z - b->z, d2 = dx * dx + dy * dy + dz * dz;
      double mag = dt / (d2 * __builtin_sqrt(d2));
      a->vx -= dx * b->mass * mag; a->vy -= dy * b->mass * mag; a->vz -= dz * b->mass * mag;
      b->vx += dx * a->mass * mag; b->vy += dy * a->mass * mag; b->vz += dz * a->mass * mag;
    }
  }
  for (int i = 0; i < 5; i++) { Body *a = &bodies[i]; a->x += dt * a->vx; a->y += dt * a->vy; a->z += dt * a->vz; }
}
EXPORT u32 run(u32 n) {
  init();
  while (n--) advance(0.01);
  double e = 0;
  for (int i = 0; i < 5; i++) {
    Body *a = &bodies[i];
    e += 0.5 * a->mass * (a->vx * a->vx + a->vy * a->vy + a->vz * a->vz);
    for (int j = i + 1; j < 5; j++) {
      double dx = a->x - bodies[j].x, dy = a->y - bodies[j].y, dz = a->z - bodies[j].z;
      e -= a->mass * bodies[j].mass / __builtin_sqrt(dx * dx + dy * dy + dz * dz);
    }
  }
  return (u32)(i32)(e * 1e9);
}
