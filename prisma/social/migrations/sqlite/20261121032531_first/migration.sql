-- CreateTable
CREATE TABLE "known_user" (
    "userId" TEXT NOT NULL PRIMARY KEY
);

-- CreateTable
CREATE TABLE "relation" (
    "userId" TEXT NOT NULL,
    "otherId" TEXT NOT NULL,
    "friendshipId" TEXT NOT NULL,
    "side" TEXT NOT NULL,
    "otherSide" TEXT NOT NULL,
    "since" DATETIME NOT NULL,
    "otherSince" DATETIME NOT NULL,
    "version" INTEGER NOT NULL,

    PRIMARY KEY ("userId", "otherId")
);

-- CreateTable
CREATE TABLE "owned_game" (
    "userId" TEXT NOT NULL,
    "gameId" TEXT NOT NULL,

    PRIMARY KEY ("userId", "gameId")
);

-- CreateTable
CREATE TABLE "conversation" (
    "id" TEXT NOT NULL PRIMARY KEY,
    "kind" TEXT NOT NULL,
    "title" TEXT,
    "lastSeq" INTEGER NOT NULL,
    "lastActivityAt" DATETIME NOT NULL,
    "membersVersion" INTEGER NOT NULL,
    "createdAt" DATETIME NOT NULL
);

-- CreateTable
CREATE TABLE "direct_conversation" (
    "pairKey" TEXT NOT NULL PRIMARY KEY,
    "conversationId" TEXT NOT NULL
);

-- CreateTable
CREATE TABLE "conversation_member" (
    "conversationId" TEXT NOT NULL,
    "userId" TEXT NOT NULL,
    "joinedAt" DATETIME NOT NULL,

    PRIMARY KEY ("conversationId", "userId")
);

-- CreateTable
CREATE TABLE "message" (
    "conversationId" TEXT NOT NULL,
    "seq" INTEGER NOT NULL,
    "id" TEXT NOT NULL,
    "senderId" TEXT NOT NULL,
    "body" TEXT NOT NULL,
    "sentAt" DATETIME NOT NULL,

    PRIMARY KEY ("conversationId", "seq")
);

-- CreateTable
CREATE TABLE "conversation_entry" (
    "userId" TEXT NOT NULL,
    "conversationId" TEXT NOT NULL,
    "lastSeq" INTEGER NOT NULL,
    "readSeq" INTEGER NOT NULL,
    "lastActivityAt" DATETIME NOT NULL,
    "membersVersion" INTEGER NOT NULL,
    "isMember" BOOLEAN NOT NULL,

    PRIMARY KEY ("userId", "conversationId")
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
CREATE INDEX "relation_userId_side_since_otherId_idx" ON "relation"("userId", "side", "since", "otherId");

-- CreateIndex
CREATE INDEX "conversation_entry_userId_isMember_lastActivityAt_conversationId_idx" ON "conversation_entry"("userId", "isMember", "lastActivityAt", "conversationId");

-- CreateIndex
CREATE INDEX "outbox_event_publishedAt_id_idx" ON "outbox_event"("publishedAt", "id");

-- CreateIndex
CREATE UNIQUE INDEX "outbox_event_stream_seq_key" ON "outbox_event"("stream", "seq");

-- CreateIndex
CREATE INDEX "idempotency_record_createdAt_idx" ON "idempotency_record"("createdAt");
