// Without this nobody would know when the bytes of a download have left, and their memory could not be used again.
import { Readable, type Writable } from 'node:stream'

/** Pieces of a text as a stream. What it is piped into gets each as it is, and it says of each when that has let go of it. */
export class TextStream extends Readable {
  readonly #pieces: AsyncGenerator<Uint8Array, void, void>
  readonly #sent: (piece: Uint8Array) => void

  constructor(pieces: AsyncGenerator<Uint8Array, void, void>, sent: (piece: Uint8Array) => void) {
    super({ highWaterMark: 64 * 1024 })
    this.#pieces = pieces
    this.#sent = sent
  }

  override _read(): void {
    this.#pieces.next().then(
      ({ done, value }) => this.push(done === true ? null : value),
      (error: Error) => this.destroy(error)
    )
  }

  override _destroy(error: Error | null, destroyed: (error: Error | null) => void): void {
    this.#pieces.return().then(
      () => destroyed(error),
      () => destroyed(error)
    )
  }

  /** To one place, and from the beginning: a reader beside it would find nothing. */
  override pipe<To extends NodeJS.WritableStream>(to: To): To {
    this.#sendTo(to as unknown as Writable).catch((error: Error) => this.destroy(error))
    return to
  }

  async #sendTo(to: Writable): Promise<void> {
    let sending: Promise<void> = Promise.resolve()
    let giveUp = () => {}
    this.once('close', () => giveUp())
    // The next piece is read while one is sent.
    for await (const piece of this.#pieces) {
      await sending
      if (this.destroyed) return
      const written = Promise.withResolvers<void>()
      to.write(piece, error => {
        if (error) return written.reject(error)
        this.#sent(piece)
        written.resolve()
      })
      giveUp = written.resolve
      sending = written.promise
      // Awaited with the next piece.
      sending.catch(() => {})
    }
    await sending
    if (this.destroyed) return
    this.once('end', () => to.end())
    this.push(null)
    this.resume()
  }
}
