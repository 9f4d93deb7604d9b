-- CreateTable
CREATE TABLE "offer" (
    "gameId" TEXT NOT NULL PRIMARY KEY,
    "priceMinor" BIGINT NOT NULL,
    "listPriceMinor" BIGINT NOT NULL,
    "currency" TEXT NOT NULL,
    "stock" INTEGER,
    "available" INTEGER,
    "createdAt" DATETIME NOT NULL
);

-- CreateTable
CREATE TABLE "reservation" (
    "orderId" TEXT NOT NULL,
    "gameId" TEXT NOT NULL,
    "state" TEXT NOT NULL,
    "isCounted" BOOLEAN NOT NULL,
    "heldAt" DATETIME NOT NULL,
    "settledAt" DATETIME,

    PRIMARY KEY ("orderId", "gameId")
);

-- CreateTable
CREATE TABLE "customer_order" (
    "id" TEXT NOT NULL PRIMARY KEY,
    "buyerId" TEXT NOT NULL,
    "state" TEXT NOT NULL,
    "seq" INTEGER NOT NULL,
    "lines" TEXT NOT NULL,
    "totalMinor" BIGINT NOT NULL,
    "currency" TEXT NOT NULL,
    "placedAt" DATETIME NOT NULL,
    "expiresAt" DATETIME NOT NULL,
    "reservedAt" DATETIME,
    "paidAt" DATETIME,
    "fulfilledAt" DATETIME,
    "cancelledAt" DATETIME,
    "expiredAt" DATETIME,
    "cancelReason" TEXT,
    "soldOutGameId" TEXT,
    "paymentId" TEXT,
    "declinedPaymentId" TEXT,
    "declinedAvailableMinor" BIGINT
);

-- CreateTable
CREATE TABLE "purchase_claim" (
    "buyerId" TEXT NOT NULL,
    "gameId" TEXT NOT NULL,
    "orderId" TEXT NOT NULL,

    PRIMARY KEY ("buyerId", "gameId")
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
CREATE INDEX "reservation_gameId_state_idx" ON "reservation"("gameId", "state");

-- CreateIndex
CREATE INDEX "customer_order_buyerId_placedAt_id_idx" ON "customer_order"("buyerId", "placedAt", "id");

-- CreateIndex
CREATE INDEX "customer_order_state_expiresAt_id_idx" ON "customer_order"("state", "expiresAt", "id");

-- CreateIndex
CREATE INDEX "purchase_claim_orderId_idx" ON "purchase_claim"("orderId");

-- CreateIndex
CREATE INDEX "outbox_event_publishedAt_id_idx" ON "outbox_event"("publishedAt", "id");

-- CreateIndex
CREATE UNIQUE INDEX "outbox_event_stream_seq_key" ON "outbox_event"("stream", "seq");

-- CreateIndex
CREATE INDEX "idempotency_record_createdAt_idx" ON "idempotency_record"("createdAt");
