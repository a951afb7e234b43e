'use strict'
// The bytes of attachments travel apart from sync, whenever the line is good.

const { createHash } = require('node:crypto')
const fs = require('node:fs/promises')
const path = require('node:path')

const PIECE = 256 * 1024

// Note a file for a visit: the record syncs like any other, the bytes wait on the phone.
async function attach(phone, { visitId, file, kind, caption = '' }) {
  const bytes = await fs.readFile(file)
  const digest = createHash('sha256').update(bytes).digest('hex')
  const record = await phone.create('attachments', {
    visit_id: visitId,
    kind,
    caption,
    file_name: path.basename(file),
    digest,
    byte_size: bytes.length,
  })
  await phone.remember(`upload/${record.id}`, { file })
  await phone.remember('uploads', [...((await phone.recall('uploads')) ?? []), record.id])
  await phone.save()
  return record
}

// What has yet to arrive, for the app to show. The server tells, by sync, what it has.
async function listPending(phone) {
  const pending = []
  for (const id of (await phone.recall('uploads')) ?? []) {
    const record = await phone.find('attachments', id)
    if (!record || record.status === 'kept' || record.status === 'refused') continue
    const { file_name: name, byte_size: size, received_bytes: received, _status: status } = record
    pending.push({ id, name, size, received: received ?? 0, isKnown: status === 'synced' })
  }
  return pending
}

// Send what is pending, each from where the server has it. A line that breaks costs one piece.
async function sendPending(phone) {
  for (const { id, size, isKnown } of await listPending(phone)) {
    if (!isKnown) continue // its record goes first, by sync
    const { file } = await phone.recall(`upload/${id}`)
    const bytes = await fs.readFile(file)
    let from = await phone.server.offsetOf(id)
    while (from < size) {
      const piece = bytes.subarray(from, from + PIECE)
      await phone.server.sendPiece(id, piece, { from, size })
      from += piece.length
    }
  }
}

module.exports = { attach, listPending, sendPending }
