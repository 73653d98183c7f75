"""Objects of legacy chat as models of django-salesforce."""
# mypy: disallow-subclassing-any=False

from salesforce import models


class LiveChatVisitor(models.SalesforceModel):
    name = models.CharField(max_length=80, sf_read_only=models.READ_ONLY)

    class Meta(models.SalesforceModel.Meta):
        managed = False


class LiveChatTranscript(models.SalesforceModel):
    name = models.CharField(max_length=80, sf_read_only=models.READ_ONLY)
    visitor = models.ForeignKey(
        LiveChatVisitor, models.DO_NOTHING, db_column="LiveChatVisitorId", sf_read_only=models.NOT_UPDATEABLE
    )
    status = models.CharField(max_length=255, db_column="Status", blank=True, null=True)
    body = models.TextField(db_column="Body", blank=True, null=True)
    chat_key = models.CharField(
        max_length=255, db_column="ChatKey", sf_read_only=models.NOT_UPDATEABLE, blank=True, null=True
    )
    ended_by = models.CharField(max_length=255, db_column="EndedBy", blank=True, null=True)
    start_time = models.DateTimeField(db_column="StartTime", blank=True, null=True)

    class Meta(models.SalesforceModel.Meta):
        managed = False


class LiveChatTranscriptEvent(models.SalesforceModel):
    transcript = models.ForeignKey(
        LiveChatTranscript,
        models.DO_NOTHING,
        db_column="LiveChatTranscriptId",
        related_name="events",
        sf_read_only=models.NOT_UPDATEABLE,
    )
    type = models.CharField(max_length=255, db_column="Type")
    time = models.DateTimeField(db_column="Time")

    class Meta(models.SalesforceModel.Meta):
        managed = False


class Contact(models.SalesforceModel):
    last_name = models.CharField(max_length=80)
    email = models.EmailField(blank=True, null=True)

    class Meta(models.SalesforceModel.Meta):
        managed = False
