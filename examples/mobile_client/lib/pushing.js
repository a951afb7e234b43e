'use strict'
// What the user did, sent in parts that one request may carry.

const { createHash, randomUUID } = require('node:crypto')
const { noteSent } = require('./journal')
const { noteRefusals } = require('./refusals')

const MOST_RECORDS = 500
const MOST_BYTES = 4 * 1024 * 1024

async function pushChanges(phone, { changes, lastPulledAt }) {
  const rejected = {}
  for (const part of parts(phone, changes)) {
    const answer = await pushPart(phone, asChanges(part), lastPulledAt)
    for (const [table, ids] of Object.entries(answer.experimentalRejectedIds ?? {})) {
      rejected[table] = [...(rejected[table] ?? []), ...ids]
    }
    await noteSent(phone, part, answer.experimentalRejectedIds ?? {})
    await noteRefusals(phone, part, answer.rejections ?? [])
  }
  return { experimentalRejectedIds: rejected }
}

// The key is kept until the answer is: a push whose answer was lost is known by it when it is
// sent again. Sent with other edits, it is another push, and the server merges it by record.
async function pushPart(phone, changes, lastPulledAt) {
  const digest = createHash('sha256').update(JSON.stringify(changes)).digest('hex')
  let unanswered = await phone.recall('unanswered_push')
  if (unanswered?.digest !== digest) {
    unanswered = { digest, key: randomUUID() }
    await phone.remember('unanswered_push', unanswered)
  }
  const answer = await phone.server.push(changes, { lastPulledAt, key: unanswered.key })
  await phone.remember('unanswered_push', null)
  return answer
}

// Rows that belong together stay together: a visit, its notes, objectives and attachments.
function parts(phone, changes) {
  const groups = new Map()
  for (const { name: table } of phone.tables) {
    const { created = [], updated = [], deleted = [] } = changes[table] ?? {}
    const entries = [
      ...created.map((row) => ({ table, op: 'created', row })),
      ...updated.map((row) => ({ table, op: 'updated', row })),
      ...deleted.map((id) => ({ table, op: 'deleted', row: { id } })),
    ]
    for (const entry of entries) {
      const key = entry.row.visit_id || entry.row.id
      groups.set(key, [...(groups.get(key) ?? []), entry])
    }
  }
  return packed([...groups.values()])
}

function packed(groups) {
  const packs = []
  let room = { records: 0, bytes: 0 }
  for (const group of groups) {
    const bytes = Buffer.byteLength(JSON.stringify(group))
    if (group.length > room.records || bytes > room.bytes) {
      packs.push([])
      room = { records: MOST_RECORDS, bytes: MOST_BYTES }
    }
    packs.at(-1).push(...group)
    room = { records: room.records - group.length, bytes: room.bytes - bytes }
  }
  return packs
}

function asChanges(part) {
  const changes = {}
  for (const { table, op, row } of part) {
    changes[table] ??= { created: [], updated: [], deleted: [] }
    changes[table][op].push(op === 'deleted' ? row.id : row)
  }
  return changes
}

module.exports = { pushChanges, parts }
