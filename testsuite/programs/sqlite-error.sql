create table t(a integer primary key, b not null check (b > 0));
insert into t values (1, 1);
insert into t values (1, 2);
insert into t values (2, null);
insert into t values (3, -1);
select nothing from t;
select * from nowhere;
select json_extract('{bad', '$');
begin; insert into t values (4, 4); begin;
rollback;
select count(*) from t;
select abs(-9223372036854775808);
.unknown
select zeroblob(3000000000);
