"""What goes out when a call is over: kept on the disk until it has arrived, each exactly once.

`owned` is a file that outlives those who write it, `plan` works out what is to be sent, `spool`
keeps it, `couriers` bring it, `outbox` sees to it that nothing is lost.
"""
