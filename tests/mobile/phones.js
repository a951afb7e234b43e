'use strict'
// Several phones in one process, told what to do by JSON lines on stdin, answering on stdout.

const readline = require('node:readline')
const { Phone } = require('../../examples/mobile_client/lib/client')
const { columnOf, tableOf, told } = require('../../examples/mobile_client/lib/schema')
const { addColumns, createTable } = require('@nozbe/watermelondb/Schema/migrations')

const phones = new Map()
const say = (line) => process.stdout.write(`${JSON.stringify(line)}\n`)

// A line that breaks where it is told to, once.
class Line {
  constructor() {
    this.fault = null
    this.late = []
    this.fetch = (url, options) => this.send(url, options)
  }

  async send(url, options) {
    const fault = this.fault
    if (!fault || !new URL(url).pathname.includes(fault.at) || fault.after-- > 0) {
      return fetch(url, options)
    }
    this.fault = null
    return this[fault.kind](url, options)
  }

  unsent() {
    throw new TypeError('no line')
  }

  async lost(url, options) {
    await (await fetch(url, options)).arrayBuffer()
    throw new TypeError('the answer was lost')
  }

  async twice(url, options) {
    await (await fetch(url, options)).arrayBuffer()
    return fetch(url, options)
  }

  delayed(url, options) {
    this.late.push([url, options])
    throw new TypeError('the request is still on its way')
  }

  async paused(url, options) {
    say({ paused: true })
    await new Promise((resolve) => { this.resume = resolve })
    return fetch(url, options)
  }

  async hang(url, options) {
    await (await fetch(url, options)).arrayBuffer()
    say({ hanging: true })
    return new Promise(() => {})
  }
}

function skewed(days) {
  return () => Date.now() + days * 24 * 3600 * 1000
}

// An app that learns what an older one did not know, as its migrations tell.
function updated(learns) {
  const steps = learns.map((name) => {
    const [table, column] = name.split('.')
    const known = told.tables.find((t) => t.name === table)
    if (!column) return createTable(tableOf(known))
    return addColumns({ table, columns: [columnOf(known.columns.find((c) => c.name === column))] })
  })
  return { version: told.version + 1, history: [{ toVersion: told.version + 1, steps }] }
}

const commands = {
  async open({ phone, daysAhead = 0, lacks, learns, ...options }) {
    const line = new Line()
    const app = learns ? updated(learns) : { without: lacks }
    const now = skewed(daysAhead)
    const opened = await Phone.open({ ...options, app, now, fetch: line.fetch })
    phones.set(phone, Object.assign(opened, { line }))
  },
  break: ({ phone, kind, at, after = 0 }) => { phones.get(phone).line.fault = { kind, at, after } },
  async deliver({ phone }) {
    const { line } = phones.get(phone)
    for (const [url, options] of line.late.splice(0)) {
      await (await fetch(url, options)).arrayBuffer()
    }
  },
  resume: ({ phone }) => phones.get(phone).line.resume(),
  // Killed: what was not saved is gone, and nothing is saved any more.
  kill: ({ phone }) => { phones.get(phone).save = async () => {} },
  sync: ({ phone }) => phones.get(phone).sync(),
  create: ({ phone, table, columns }) => phones.get(phone).create(table, columns),
  edit: ({ phone, table, id, columns }) => phones.get(phone).edit(table, id, columns),
  remove: async ({ phone, table, id }) => { await phones.get(phone).remove(table, id) },
  rows: ({ phone, table }) => phones.get(phone).rows(table),
  async everything({ phone }) {
    const all = {}
    for (const { name } of phones.get(phone).tables) all[name] = await phones.get(phone).rows(name)
    return all
  },
  refusals: ({ phone }) => phones.get(phone).refusals(),
  attach: ({ phone, ...file }) => phones.get(phone).attach(file),
  pending: ({ phone }) => phones.get(phone).pendingUploads(),
  upload: ({ phone }) => phones.get(phone).sendUploads(),
}

async function obey(text) {
  const { n, does, ...told } = JSON.parse(text)
  try {
    say({ n, result: (await commands[does](told)) ?? null })
  } catch (error) {
    say({ n, error: { message: error.message, status: error.status, code: error.code } })
  }
}

readline.createInterface({ input: process.stdin }).on('line', obey)
