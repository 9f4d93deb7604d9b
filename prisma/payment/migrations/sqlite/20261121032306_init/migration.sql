-- CreateTable
CREATE TABLE "account" (
    "id" TEXT NOT NULL PRIMARY KEY,
    "ownerId" TEXT,
    "currency" TEXT NOT NULL,
    "postedMinor" BIGINT NOT NULL DEFAULT 0,
    "heldMinor" BIGINT NOT NULL DEFAULT 0,
    "availableMinor" BIGINT NOT NULL DEFAULT 0,
    "pledgedMinor" BIGINT NOT NULL DEFAULT 0,
    "createdAt" DATETIME NOT NULL
);

-- CreateTable
CREATE TABLE "transfer" (
    "id" TEXT NOT NULL PRIMARY KEY,
    "kind" TEXT NOT NULL,
    "reference" TEXT NOT NULL,
    "debitId" TEXT NOT NULL,
    "creditId" TEXT NOT NULL,
    "walletId" TEXT NOT NULL,
    "amountMinor" BIGINT NOT NULL,
    "currency" TEXT NOT NULL,
    "state" TEXT NOT NULL,
    "orderId" TEXT,
    "createdAt" DATETIME NOT NULL,
    "settledAt" DATETIME
);

-- CreateTable
CREATE TABLE "deposit" (
    "id" TEXT NOT NULL PRIMARY KEY,
    "walletId" TEXT NOT NULL,
    "ownerId" TEXT NOT NULL,
    "amountMinor" BIGINT NOT NULL,
    "currency" TEXT NOT NULL,
    "state" TEXT NOT NULL,
    "reason" TEXT,
    "chargeId" TEXT,
    "createdAt" DATETIME NOT NULL,
    "settledAt" DATETIME
);

-- CreateTable
CREATE TABLE "payment" (
    "id" TEXT NOT NULL PRIMARY KEY,
    "orderId" TEXT NOT NULL,
    "liveOrderId" TEXT,
    "buyerId" TEXT NOT NULL,
    "amountMinor" BIGINT NOT NULL,
    "currency" TEXT NOT NULL,
    "state" TEXT NOT NULL,
    "reason" TEXT,
    "createdAt" DATETIME NOT NULL,
    "settledAt" DATETIME
);

-- CreateTable
CREATE TABLE "outbox_event" (
    "id" TEXT NOT NULL PRIMARY KEY,
    "stream" TEXT NOT NULL,
    "seq" INTEGER NOT NULL,
    "type" TEXT NOT NULL,
    "at" DATETIME NOT NULL,
    "data" TEXT NOT NULL,
    "publishedAt" DATETIME
);

-- CreateTable
CREATE TABLE "stream_head" (
    "stream" TEXT NOT NULL PRIMARY KEY,
    "seq" INTEGER NOT NULL
);

-- CreateTable
CREATE TABLE "inbox_entry" (
    "consumer" TEXT NOT NULL,
    "eventId" TEXT NOT NULL,
    "at" DATETIME NOT NULL,

    PRIMARY KEY ("consumer", "eventId")
);

-- CreateTable
CREATE TABLE "idempotency_record" (
    "owner" TEXT NOT NULL,
    "operation" TEXT NOT NULL,
    "key" TEXT NOT NULL,
    "fingerprint" TEXT NOT NULL,
    "response" TEXT NOT NULL,
    "createdAt" DATETIME NOT NULL,

    PRIMARY KEY ("owner", "operation", "key")
);

-- CreateIndex
CREATE UNIQUE INDEX "account_ownerId_key" ON "account"("ownerId");

-- CreateIndex
CREATE INDEX "transfer_walletId_id_idx" ON "transfer"("walletId", "id");

-- CreateIndex
CREATE INDEX "transfer_debitId_state_idx" ON "transfer"("debitId", "state");

-- CreateIndex
CREATE INDEX "transfer_creditId_state_idx" ON "transfer"("creditId", "state");

-- CreateIndex
CREATE UNIQUE INDEX "transfer_kind_reference_key" ON "transfer"("kind", "reference");

-- CreateIndex
CREATE INDEX "deposit_state_id_idx" ON "deposit"("state", "id");

-- CreateIndex
CREATE INDEX "deposit_walletId_idx" ON "deposit"("walletId");

-- CreateIndex
CREATE UNIQUE INDEX "payment_liveOrderId_key" ON "payment"("liveOrderId");

-- CreateIndex
CREATE INDEX "payment_orderId_id_idx" ON "payment"("orderId", "id");

-- CreateIndex
CREATE INDEX "outbox_event_publishedAt_id_idx" ON "outbox_event"("publishedAt", "id");

-- CreateIndex
CREATE UNIQUE INDEX "outbox_event_stream_seq_key" ON "outbox_event"("stream", "seq");

-- CreateIndex
CREATE INDEX "idempotency_record_createdAt_idx" ON "idempotency_record"("createdAt");
