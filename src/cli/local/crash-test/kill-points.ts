// Which checkpoints are killed at when there are more than anybody wants to wait for: a choice that can be repeated.

/** 0 = before the first checkpoint is committed; at most `most` of 0 to `checkpoints`, in order. */
export function killPoints(checkpoints: number, most: number, seed: number): readonly number[] {
  const all = Array.from({ length: checkpoints + 1 }, (_, point) => point)
  if (most >= all.length) return all
  const random = randomNumbers(seed)
  const chosen: number[] = []
  while (chosen.length < most) chosen.push(all.splice(Math.floor(random() * all.length), 1)[0]!)
  return chosen.toSorted((one, other) => one - other)
}

/** The same numbers from 0 to below 1 for the same seed (the step of a splitmix generator of 32 bits). */
function randomNumbers(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x9e3779b9) >>> 0
    let mixed = state
    mixed = Math.imul(mixed ^ (mixed >>> 16), 0x21f0aaad)
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97)
    return ((mixed ^ (mixed >>> 15)) >>> 0) / 2 ** 32
  }
}
