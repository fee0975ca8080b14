// Transcendental functions of four floats: errors of a few 2⁻²⁴ of the result (erf: 1.5e-7 absolute).

/**
 * e^x: x = n ln 2 + r with |r| <= ln 2 / 2, then the Taylor polynomial of degree 7, whose rest is below 6e-9. Below -87.33 it is 0,
 * where floats lose digits.
 */
export function exp4(x: v128): v128 {
  // Adding 1.5 · 2^23 rounds to a whole number, which is then in the lowest bits.
  const magic = f32x4.splat(12582912);
  const whole = f32x4.add(f32x4.mul(x, f32x4.splat(1.4426950408889634)), magic);
  const n = f32x4.sub(whole, magic);
  // ln 2 in two parts; the first has few enough bits that n times it is exact.
  let r = f32x4.sub(x, f32x4.mul(n, f32x4.splat(0.693359375)));
  r = f32x4.add(r, f32x4.mul(n, f32x4.splat(2.12194440054690583e-4)));
  let p = f32x4.splat(1.0 / 5040.0);
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(1.0 / 720.0));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(1.0 / 120.0));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(1.0 / 24.0));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(1.0 / 6.0));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(0.5));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(1));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(1));
  // Times 2^n: n is added to the exponent. 0.7 < p < 1.5, so it stays within the range of exponents wherever the result does.
  p = i32x4.add(p, i32x4.shl(whole, 23));
  p = v128.andnot(p, f32x4.lt(x, f32x4.splat(-87.33)));
  p = v128.bitselect(f32x4.splat(Infinity), p, f32x4.gt(x, f32x4.splat(88.72283)));
  return v128.bitselect(x, p, f32x4.ne(x, x));
}

export function sigmoid4(x: v128): v128 {
  const one = f32x4.splat(1);
  return f32x4.div(one, f32x4.add(one, exp4(f32x4.neg(x))));
}

export function tanh4(x: v128): v128 {
  const one = f32x4.splat(1);
  const sign = v128.and(x, f32x4.splat(-0.0));
  const e = exp4(f32x4.mul(f32x4.abs(x), f32x4.splat(-2)));
  return v128.or(f32x4.div(f32x4.sub(one, e), f32x4.add(one, e)), sign);
}

/** Abramowitz and Stegun, formula 7.1.26. */
export function erf4(x: v128): v128 {
  const one = f32x4.splat(1);
  const sign = v128.and(x, f32x4.splat(-0.0));
  const z = f32x4.abs(x);
  const t = f32x4.div(one, f32x4.add(one, f32x4.mul(z, f32x4.splat(0.3275911))));
  let p = f32x4.splat(1.061405429);
  p = f32x4.add(f32x4.mul(p, t), f32x4.splat(-1.453152027));
  p = f32x4.add(f32x4.mul(p, t), f32x4.splat(1.421413741));
  p = f32x4.add(f32x4.mul(p, t), f32x4.splat(-0.284496736));
  p = f32x4.add(f32x4.mul(p, t), f32x4.splat(0.254829592));
  p = f32x4.mul(f32x4.mul(p, t), exp4(f32x4.neg(f32x4.mul(z, z))));
  return v128.or(f32x4.sub(one, p), sign);
}

/** Lane by lane. */
export function log4(x: v128): v128 {
  let y = f32x4.splat(Mathf.log(f32x4.extract_lane(x, 0)));
  y = f32x4.replace_lane(y, 1, Mathf.log(f32x4.extract_lane(x, 1)));
  y = f32x4.replace_lane(y, 2, Mathf.log(f32x4.extract_lane(x, 2)));
  return f32x4.replace_lane(y, 3, Mathf.log(f32x4.extract_lane(x, 3)));
}

/** Lane by lane. */
export function pow4(x: v128, e: v128): v128 {
  let y = f32x4.splat(Mathf.pow(f32x4.extract_lane(x, 0), f32x4.extract_lane(e, 0)));
  y = f32x4.replace_lane(y, 1, Mathf.pow(f32x4.extract_lane(x, 1), f32x4.extract_lane(e, 1)));
  y = f32x4.replace_lane(y, 2, Mathf.pow(f32x4.extract_lane(x, 2), f32x4.extract_lane(e, 2)));
  return f32x4.replace_lane(y, 3, Mathf.pow(f32x4.extract_lane(x, 3), f32x4.extract_lane(e, 3)));
}
