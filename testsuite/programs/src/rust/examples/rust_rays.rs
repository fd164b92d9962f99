//! A ray tracer in single precision: shapes behind trait objects, options, operators on vectors, reflection by recursion.

use std::ops::{Add, Mul, Neg, Sub};

use programs::mix;

#[derive(Clone, Copy)]
struct Vec3 {
    x: f32,
    y: f32,
    z: f32,
}

const fn vec3(x: f32, y: f32, z: f32) -> Vec3 {
    Vec3 { x, y, z }
}

impl Vec3 {
    fn dot(self, o: Self) -> f32 {
        self.x * o.x + self.y * o.y + self.z * o.z
    }

    fn unit(self) -> Self {
        self * (1.0 / self.dot(self).sqrt())
    }
}

impl Add for Vec3 {
    type Output = Self;
    fn add(self, o: Self) -> Self {
        vec3(self.x + o.x, self.y + o.y, self.z + o.z)
    }
}

impl Sub for Vec3 {
    type Output = Self;
    fn sub(self, o: Self) -> Self {
        vec3(self.x - o.x, self.y - o.y, self.z - o.z)
    }
}

impl Mul<f32> for Vec3 {
    type Output = Self;
    fn mul(self, by: f32) -> Self {
        vec3(self.x * by, self.y * by, self.z * by)
    }
}

impl Neg for Vec3 {
    type Output = Self;
    fn neg(self) -> Self {
        self * -1.0
    }
}

struct Hit {
    distance: f32,
    normal: Vec3,
}

trait Shape {
    fn hit(&self, from: Vec3, along: Vec3) -> Option<Hit>;
    fn colour(&self, at: Vec3) -> Vec3;
    fn shine(&self) -> f32;
}

struct Ball {
    centre: Vec3,
    radius: f32,
    colour: Vec3,
}

impl Shape for Ball {
    fn hit(&self, from: Vec3, along: Vec3) -> Option<Hit> {
        let to = from - self.centre;
        let b = to.dot(along);
        let under = b * b - to.dot(to) + self.radius * self.radius;
        let distance = (under >= 0.0).then(|| -b - under.sqrt())?;
        let normal = (to + along * distance) * (1.0 / self.radius);
        (distance > 1e-3).then_some(Hit { distance, normal })
    }

    fn colour(&self, _: Vec3) -> Vec3 {
        self.colour
    }

    fn shine(&self) -> f32 {
        0.4
    }
}

struct Floor {
    height: f32,
}

impl Shape for Floor {
    fn hit(&self, from: Vec3, along: Vec3) -> Option<Hit> {
        let distance = (self.height - from.y) / along.y;
        (along.y < 0.0 && distance > 1e-3).then_some(Hit {
            distance,
            normal: vec3(0.0, 1.0, 0.0),
        })
    }

    fn colour(&self, at: Vec3) -> Vec3 {
        let dark = (at.x.floor() as i32 + at.z.floor() as i32) & 1 == 0;
        if dark {
            vec3(0.1, 0.1, 0.2)
        } else {
            vec3(0.9, 0.9, 0.8)
        }
    }

    fn shine(&self) -> f32 {
        0.1
    }
}

struct Scene {
    shapes: Vec<Box<dyn Shape>>,
    light: Vec3,
}

impl Scene {
    fn nearest(&self, from: Vec3, along: Vec3) -> Option<(&dyn Shape, Hit)> {
        let hits = self
            .shapes
            .iter()
            .filter_map(|s| s.hit(from, along).map(|hit| (&**s, hit)));
        hits.min_by(|a, b| a.1.distance.total_cmp(&b.1.distance))
    }

    fn trace(&self, from: Vec3, along: Vec3, depth: u32) -> Vec3 {
        let Some((shape, hit)) = self.nearest(from, along) else {
            return vec3(0.3, 0.5, 0.9) * (0.5 + along.y.abs() * 0.5);
        };
        let at = from + along * hit.distance;
        let lit = hit.normal.dot(self.light).max(0.0);
        let shadow = lit > 0.0 && self.nearest(at, self.light).is_some();
        let own = shape.colour(at) * (0.1 + if shadow { 0.0 } else { lit });
        if depth == 0 {
            return own;
        }
        let mirrored = along - hit.normal * (2.0 * along.dot(hit.normal));
        own * (1.0 - shape.shine()) + self.trace(at, mirrored, depth - 1) * shape.shine()
    }
}

/// The measured work: a picture of `n` times `n` points.
#[export_name = "run"]
pub extern "C" fn run(n: u32) -> u32 {
    let mut shapes: Vec<Box<dyn Shape>> = vec![Box::new(Floor { height: -1.0 })];
    for i in 0..9 {
        let (row, column) = ((i / 3) as f32, (i % 3) as f32);
        let centre = vec3(column * 2.0 - 2.0, row * 0.3 - 0.4, 4.0 + row * 2.0);
        let colour = vec3(0.3 + row * 0.3, 0.9 - column * 0.3, 0.5);
        shapes.push(Box::new(Ball {
            centre,
            radius: 0.6 + row * 0.1,
            colour,
        }));
    }
    let scene = Scene {
        shapes,
        light: vec3(-0.5, 0.8, -0.4).unit(),
    };
    let mut sum = 0;
    for y in 0..n {
        for x in 0..n {
            let at = |i: u32| (2 * i + 1) as f32 / n as f32 - 1.0;
            let along = vec3(at(x), -at(y), 1.5).unit();
            let colour = scene.trace(vec3(0.0, 0.5, -1.0), along, 2);
            for part in [colour.x, colour.y, colour.z] {
                sum = mix(sum, (part.clamp(0.0, 1.0) * 255.0) as u32);
            }
        }
    }
    sum
}
