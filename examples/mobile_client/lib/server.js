'use strict'
// The server's sync calls, and what it says when it will not.

const zlib = require('node:zlib')

const SMALL = 1024 // not worth compressing

// An answer that is no success. `code` is the server's stable word for it; `told` is all it said.
class Problem extends Error {
  constructor(status, told, retryAfter) {
    super(`${status} ${told.code ?? ''} ${told.detail ?? ''} ${JSON.stringify(told.errors ?? '')}`)
    Object.assign(this, { status, code: told.code, told, retryAfter })
  }
}

class Server {
  constructor({ url, token, deviceId, appVersion, now, fetch }) {
    Object.assign(this, { url, token, deviceId, appVersion, now, fetch })
    this.restoreSeen = null // the epoch of the restored backup that this phone has answered to
  }

  pull(query) {
    return this.ask('GET', '/v1/sync/pull', { query })
  }

  push(changes, { lastPulledAt, key }) {
    return this.ask('POST', '/v1/sync/push', {
      query: { last_pulled_at: lastPulledAt },
      headers: { 'Idempotency-Key': key, 'X-Device-Now': String(this.now()) },
      body: changes,
    })
  }

  poll(since, timeout) {
    return this.ask('GET', '/v1/sync/poll', { query: { since, timeout } })
  }

  async offsetOf(attachmentId) {
    const answer = await this.send('HEAD', `/v1/attachments/${attachmentId}/content`, {})
    return Number(answer.headers.get('Upload-Offset'))
  }

  sendPiece(attachmentId, piece, { from, size }) {
    const range = `bytes ${from}-${from + piece.length - 1}/${size}`
    return this.ask('PUT', `/v1/attachments/${attachmentId}/content`, {
      headers: { 'Content-Range': range, 'Content-Type': 'application/octet-stream' },
      body: piece,
    })
  }

  async ask(method, path, options) {
    return (await this.send(method, path, options)).json()
  }

  async send(method, path, { query = {}, headers = {}, body }) {
    const url = new URL(path, this.url)
    for (const [name, value] of Object.entries(query)) {
      if (value != null) url.searchParams.set(name, value)
    }
    const answer = await this.fetch(url, {
      method,
      ...packed(body),
      headers: { ...this.introduction(), ...packed(body).headers, ...headers },
    })
    if (answer.ok) return answer
    throw new Problem(answer.status, await wordsOf(answer), answer.headers.get('Retry-After'))
  }

  introduction() {
    return {
      Authorization: `Bearer ${this.token}`,
      'X-Device-Id': this.deviceId,
      'X-App-Version': this.appVersion,
      ...(this.restoreSeen && { 'X-Restore-Seen': String(this.restoreSeen) }),
    }
  }
}

function packed(body) {
  if (body === undefined || Buffer.isBuffer(body)) return { body, headers: {} }
  const text = JSON.stringify(body)
  if (text.length < SMALL) return { body: text, headers: { 'Content-Type': 'application/json' } }
  const headers = { 'Content-Type': 'application/json', 'Content-Encoding': 'gzip' }
  return { body: zlib.gzipSync(text), headers }
}

async function wordsOf(answer) {
  const text = await answer.text()
  try {
    return JSON.parse(text)
  } catch {
    return { detail: text.slice(0, 300) } // a proxy's page, not the server's word
  }
}

module.exports = { Server, Problem }
