"""Reports: what the owner of a site sees of visits, chats, calls, surveys and invitations, from stored events only."""
