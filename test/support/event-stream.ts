// The stream of batch events, as a client reads it.

export interface Message {
  readonly id: string
  readonly event: string
  readonly data: Record<string, unknown>
}

/** Gives the messages of a stream as they come; ends it when the caller stops reading. */
export async function* watch(url: string, headers: Record<string, string> = {}): AsyncGenerator<Message> {
  const closing = new AbortController()
  try {
    const reply = await fetch(url, {
      headers,
      signal: AbortSignal.any([closing.signal, AbortSignal.timeout(60_000)])
    })
    if (reply.status !== 200) throw new Error(await reply.text())
    let text = ''
    for await (const piece of reply.body!.pipeThrough(new TextDecoderStream())) {
      text += piece
      const blocks = text.split('\n\n')
      text = blocks.pop()!
      for (const block of blocks) {
        const fields = Object.fromEntries(block.split('\n').map(line => line.split(/: (.*)/, 2)))
        if (fields['event'] !== undefined)
          yield {
            id: fields['id']!,
            event: fields['event'],
            data: JSON.parse(fields['data']!) as Record<string, unknown>
          }
      }
    }
  } finally {
    closing.abort()
  }
}
