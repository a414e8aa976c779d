// Without this each piece of a downloaded job log would be memory of its own, and collecting it a third of the server's work.

/** A usual part with what is sent before it, and little enough that a download may have some. */
const LARGE = 256 * 1024 + 512

/** Below this a new one costs no more than one used again. */
const SMALL = 32 * 1024

/** What one download reads into: its large buffers are used again once what stood in them has been sent. */
export class ReadBuffers {
  readonly #free: ArrayBufferLike[] = []
  /** A piece of another server's part may be as large. */
  readonly #own = new WeakSet<ArrayBufferLike>()

  /** What it holds is whatever stood there. */
  take(bytes: number): Buffer {
    if (bytes < SMALL || bytes > LARGE) return Buffer.allocUnsafe(bytes)
    const buffer = this.#free.pop() ?? Buffer.allocUnsafeSlow(LARGE).buffer
    this.#own.add(buffer)
    return Buffer.from(buffer, 0, bytes)
  }

  /** Nobody looks at these any more. Of what was not taken here, nothing is kept. */
  sent({ buffer }: Uint8Array): void {
    if (this.#own.has(buffer)) this.#free.push(buffer)
  }
}
