// Batchlets that do not hear a stop: one that waits without end, one that keeps its thread busy without end.
export const deaf = () => new Promise(() => setInterval(() => {}, 1000))

export const busy = () => {
  for (;;);
}
